using OrleansInference.Onnx.Files;

namespace OrleansInference.Engine.Repository.Folders;

/// <summary>
/// Reads a folder of a model: looks only, opens nothing, and never throws. Links are followed, into the repository and
/// out of it, but not to a folder that the walk is in already. Hidden names are left out: what writes files away first
/// and renames them then, as rsync, editors and ConfigMaps do, changes a model once.
/// </summary>
internal sealed class FolderWalk
{
    /// <summary>Folders within each other, at most.</summary>
    public const int MaxDepth = 16;

    /// <summary>Entries of a folder with all in it, at most: enough for a file a tensor.</summary>
    public const int MaxEntries = 50_000;

    private readonly List<FolderFile> _files = [];
    private readonly List<string> _ignored = [];
    private readonly List<string> _open = [];
    private readonly string _root;
    private int _entries;
    private string? _problem;

    private FolderWalk(string root) => _root = root;

    /// <summary>Reads a folder with all in it.</summary>
    public static FolderListing Deep(string folder)
    {
        FolderWalk walk = new(folder);
        walk._problem = FolderProblem(folder);
        if (walk._problem is null)
        {
            walk.Visit(folder);
        }
        return walk.Listing();
    }

    /// <summary>Reads the files that lie in a folder itself.</summary>
    public static FolderListing Shallow(string folder)
    {
        FolderWalk walk = new(folder);
        walk._problem = FolderProblem(folder);
        if (walk._problem is not null)
        {
            return walk.Listing();
        }
        foreach ((string path, FileStatus status) in walk.Entries(folder))
        {
            if (status.Kind != FileKind.Folder)
            {
                walk.Add(path, status);
            }
        }

        return walk.Listing();
    }

    /// <summary>Whether a folder is a link to the one that it lies in, or to one above that.</summary>
    public static bool LeadsUp(string folder, string parent)
    {
        try
        {
            return new DirectoryInfo(folder).LinkTarget is not null
                && RealPath.Holds(RealPath.Of(folder), RealPath.Of(parent));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Where it leads cannot be told, so it cannot be followed there either: the walk into it will say so.
            return false;
        }
    }

    /// <summary>The names in a folder that are not hidden, in order; none, and why, where it cannot be read.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="problem">Why it cannot be read; null where it can.</param>
    /// <param name="most">How many are wanted; of more, any so many are given.</param>
    public static IReadOnlyList<string> Names(string folder, out string? problem, int most = int.MaxValue)
    {
        problem = null;
        try
        {
            string[] names =
            [
                .. Directory
                    .EnumerateFileSystemEntries(folder)
                    .Select(path => Path.GetFileName(path))
                    .Where(name => !name.StartsWith('.'))
                    .Take(most),
            ];
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (UnauthorizedAccessException)
        {
            problem = $"'{folder}' cannot be read: permission denied";
        }
        catch (IOException exception)
        {
            problem = $"'{folder}' cannot be read: {exception.Message}";
        }

        return [];
    }

    private static string? FolderProblem(string folder)
    {
        FileStatus status = FileStatus.Of(folder);
        return status.Kind == FileKind.Folder ? null : $"'{folder}' {status.Problem(folder, FileKind.Folder)}";
    }

    private void Visit(string folder)
    {
        if (!TryEnter(folder))
        {
            return;
        }
        foreach ((string path, FileStatus status) in Entries(folder))
        {
            if (status.Kind == FileKind.Folder)
            {
                Visit(path);
            }
            else
            {
                Add(path, status);
            }
        }

        _open.RemoveAt(_open.Count - 1);
    }

    /// <summary>A folder that holds one that the walk is in would be walked for ever.</summary>
    private bool TryEnter(string folder)
    {
        if (_open.Count >= MaxDepth)
        {
            _problem ??= $"'{_root}' has more than {MaxDepth} folders within each other";
            return false;
        }

        if (_open.Count == 0)
        {
            _open.Add(folder);
            return true;
        }

        try
        {
            // Most folders have none within: only then it costs to know where the first one really is.
            if (_open.Count == 1)
            {
                _open[0] = RealPath.Of(_open[0]);
            }
            string real = RealPath.Of(folder);
            if (!_open.Exists(open => RealPath.Holds(real, open)))
            {
                _open.Add(real);
                return true;
            }

            _ignored.Add($"'{folder}' is a link to a folder above it");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _ignored.Add($"'{folder}' cannot be followed: {exception.Message}");
        }

        return false;
    }

    private IEnumerable<(string Path, FileStatus Status)> Entries(string folder)
    {
        IReadOnlyList<string> names = Names(folder, out string? problem, MaxEntries + 1);
        if (problem is not null && folder == _root)
        {
            _problem ??= problem;
        }
        else if (problem is not null)
        {
            _ignored.Add(problem);
        }
        foreach (string name in names)
        {
            if (++_entries > MaxEntries)
            {
                _problem ??= $"'{_root}' has more than {MaxEntries} entries";
                yield break;
            }

            string path = Path.Combine(folder, name);
            yield return (path, FileStatus.Of(path));
        }
    }

    private void Add(string path, FileStatus status)
    {
        if (status.Kind == FileKind.Regular)
        {
            _files.Add(new FolderFile(path, status));
        }
        else
        {
            _ignored.Add($"'{path}' {status.Problem(path, FileKind.Regular)}");
        }
    }

    private FolderListing Listing() => new(_files, _ignored, _problem);
}
