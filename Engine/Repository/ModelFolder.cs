using System.Globalization;
using OrleansInference.Engine.Repository.Folders;
using OrleansInference.Onnx.Files;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// One model's folder in the repository: <c>NAME/VERSION/model.onnx</c> and perhaps <c>NAME/config.pbtxt</c>.
/// </summary>
/// <param name="Name">The folder's name, which is the model's.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Versions">Its version folders, ascending.</param>
internal sealed record ModelFolder(string Name, string Path, IReadOnlyList<long> Versions)
{
    /// <summary>How the problem of a name begins that more than one repository has.</summary>
    public const string Ambiguous = "model appears in two or more repositories";

    /// <summary>How the problem of a folder begins that lacks the configuration that every model must have.</summary>
    public const string NoConfig = "failed to open text file for read";

    /// <summary>Folder of configurations by name, beside <c>config.pbtxt</c>.</summary>
    private const string Configs = "configs";

    /// <summary>Folders beside the versions that a configuration may name files of.</summary>
    private static readonly string[] Shared = ["warmup", "initial_state"];

    /// <summary>Why nothing of it can be served, whatever its files say; null where something may be.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether other repositories have a model of that name too: what serves of it is nobody's.</summary>
    public bool IsAmbiguous { get; init; }

    /// <summary>Names in it that look meant for a version and are none.</summary>
    public IReadOnlyList<string> NoVersions { get; init; } = [];

    /// <summary>How its configuration is read.</summary>
    public ConfigRead Config { get; init; } = ConfigRead.Default;

    /// <summary>Whether <c>configs/</c> has the configuration that the server was told to serve it by.</summary>
    public bool HasNamedConfig => Config.Name.Length > 0 && RegularFile.Exists(NamedConfig);

    /// <summary>The configuration file, whether or not it is there.</summary>
    public string ConfigPath => HasNamedConfig ? NamedConfig : System.IO.Path.Combine(Path, "config.pbtxt");

    /// <summary>When the configuration file was written last; a time long past where there is none.</summary>
    public DateTime ConfigTime => File.GetLastWriteTimeUtc(ConfigPath);

    /// <summary>Whether it must have a configuration file, and has none.</summary>
    public bool LacksConfig => Config.IsStrict && !RegularFile.Exists(ConfigPath);

    private string NamedConfig => System.IO.Path.Combine(Path, Configs, Config.Name + ".pbtxt");

    /// <summary>Reads a model's folder. What is wrong with it is a <see cref="Problem"/>.</summary>
    public static ModelFolder Read(string name, string path)
    {
        FileStatus status = FileStatus.Of(path);
        if (status.Kind != FileKind.Folder)
        {
            return Broken($"'{path}' {status.Problem(path, FileKind.Folder)}");
        }
        IReadOnlyList<string> names = FolderWalk.Names(path, out string? problem);
        if (problem is not null)
        {
            return Broken(problem);
        }
        List<long> versions = [];
        List<string> others = [];
        foreach (string entry in names.Where(entry => entry != Configs && !Shared.Contains(entry)))
        {
            FileKind kind = FileStatus.Of(System.IO.Path.Combine(path, entry)).Kind;
            // A version that cannot be reached is one all the same: it is refused by name, not passed over.
            bool isFolder = kind is FileKind.Folder or FileKind.BrokenLink or FileKind.Unreachable;
            if (isFolder && Version(entry) is { } version)
            {
                versions.Add(version);
            }
            else if (kind == FileKind.Folder)
            {
                others.Add(entry);
            }
        }

        versions.Sort();
        return new ModelFolder(name, path, versions) { NoVersions = others };

        ModelFolder Broken(string reason) => new(name, path, []) { Problem = $"its folder {reason}" };
    }

    /// <summary>
    /// The version that a folder's name is: a whole number from 1 on, as it would be written here; null for any other.
    /// </summary>
    public static long? Version(string name)
    {
        bool isNumber = long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long version);
        return isNumber && version > 0 && version.ToString(CultureInfo.InvariantCulture) == name ? version : null;
    }

    /// <summary>A version's folder.</summary>
    public string VersionPath(long version) =>
        System.IO.Path.Combine(Path, version.ToString(CultureInfo.InvariantCulture));

    /// <summary>The files of a version.</summary>
    public FolderListing Files(long version)
    {
        string path = VersionPath(version);
        if (FolderWalk.LeadsUp(path, Path))
        {
            return new FolderListing([], [], $"'{path}' is a link to a folder above it");
        }
        return FolderWalk.Deep(path);
    }

    /// <summary>The files beside the versions, which all of them share.</summary>
    public IEnumerable<FolderFile> SharedFiles() =>
        FolderWalk.Shallow(Path).Files.Concat(SharedFolders().SelectMany(files => files.Files));

    /// <summary>Changes whenever a file of the model does.</summary>
    public string Fingerprint() =>
        string.Join(
            '\n',
            [
                Problem,
                string.Join(' ', Versions),
                FolderWalk.Shallow(Path).Fingerprint,
                HasNamedConfig ? FolderWalk.Deep(System.IO.Path.Combine(Path, Configs)).Fingerprint : "",
                .. SharedFolders().Select(files => files.Fingerprint),
                .. Versions.Select(version => Files(version).Fingerprint),
            ]
        );

    /// <summary>Changes whenever a file of the version does, or one in the folders that all versions share.</summary>
    public string Fingerprint(long version) =>
        string.Join('\n', [Files(version).Fingerprint, .. SharedFolders().Select(files => files.Fingerprint)]);

    private IEnumerable<FolderListing> SharedFolders() =>
        Shared.Select(folder => FolderWalk.Deep(System.IO.Path.Combine(Path, folder)));
}
