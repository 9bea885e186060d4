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
    public string Fingerprint() => Fingerprint(Path);

    /// <summary>Changes whenever a file of the version does, or one beside the versions that all share (labels, warm-up data).</summary>
    public string Fingerprint(long version) => string.Join('\n', Fingerprint(VersionPath(version)), string.Join('\n', new DirectoryInfo(Path)
        .EnumerateDirectories()
        .Where(folder => !long.TryParse(folder.Name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .OrderBy(folder => folder.Name, StringComparer.Ordinal)
        .Select(folder => Fingerprint(folder.FullName))));

    private static string Fingerprint(string path) => !Directory.Exists(path) ? "" : string.Join('\n', new DirectoryInfo(path)
        .EnumerateFiles("*", SearchOption.AllDirectories)
        .OrderBy(file => file.FullName, StringComparer.Ordinal)
        .Select(file => $"{file.FullName}|{file.Length}|{file.LastWriteTimeUtc.Ticks}"));
}
