using System.Globalization;

namespace OrleansInference.Engine.Repository;

/// <summary>One model's folder in the repository: <c>NAME/VERSION/model.onnx</c> and perhaps <c>NAME/config.pbtxt</c>.</summary>
/// <param name="Name">The folder's name, which is the model's.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Versions">Its version folders, ascending.</param>
internal sealed record ModelFolder(string Name, string Path, IReadOnlyList<long> Versions)
{
    /// <summary>The configuration file, whether or not it is there.</summary>
    public string ConfigPath => System.IO.Path.Combine(Path, "config.pbtxt");

    /// <summary>A version's folder.</summary>
    public string VersionPath(long version) => System.IO.Path.Combine(Path, version.ToString(CultureInfo.InvariantCulture));

    /// <summary>Changes whenever a file of the model does: paths, lengths and times of all of them.</summary>
    public string Fingerprint() => string.Join('\n', new DirectoryInfo(Path)
        .EnumerateFiles("*", SearchOption.AllDirectories)
        .OrderBy(file => file.FullName, StringComparer.Ordinal)
        .Select(file => $"{file.FullName}|{file.Length}|{file.LastWriteTimeUtc.Ticks}"));
}
