using System.Globalization;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Load.Cluster;

/// <summary>A repository with one model, and the profile of a device that is not here; deleted with this.</summary>
internal sealed class ClusterFolder : IDisposable
{
    public const string Model = "served";

    private readonly string folder = Directory.CreateTempSubdirectory("bench-cluster-").FullName;

    /// <summary>
    /// A small MLP on an emulated device that takes <paramref name="milliseconds"/> a row, one at a time.
    /// </summary>
    public static ClusterFolder Emulated(double milliseconds)
    {
        var made = new ClusterFolder();
        made.Write(FixtureModels.Mlp(4, 8, 2, seed: 1));
        File.WriteAllText(
            made.Profile,
            string.Create(
                CultureInfo.InvariantCulture,
                $$$"""{"name":"bench","memory_mib":1000,"lanes":1,"models":{"*":"""
                    + $$$"""{"batch_ms":{"1":{{{milliseconds}}} },"memory_mib":10} } }"""
            )
        );
        return made;
    }

    /// <summary>A model of the user's, on the CPU.</summary>
    public static ClusterFolder Of(string file)
    {
        if (!File.Exists(file))
        {
            throw new DataMissingException($"File not found: {file}");
        }
        var made = new ClusterFolder();
        made.Write(File.ReadAllBytes(file));
        return made;
    }

    public string Models => Path.Combine(folder, "models");

    public string Profile => Path.Combine(folder, "profile.json");

    public bool IsEmulated => File.Exists(Profile);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void Write(byte[] model)
    {
        var version = Directory.CreateDirectory(Path.Combine(Models, Model, "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), model);
        File.WriteAllText(Path.Combine(Models, Model, "config.pbtxt"), "max_batch_size: 1\n");
    }
}
