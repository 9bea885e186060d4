namespace OrleansInference.Onnx.Files;

/// <summary>
/// Resolves every symbolic link on a path. <see cref="FileSystemInfo.ResolveLinkTarget"/> follows only the last
/// component, so a link through a linked folder would seem to stay inside.
/// </summary>
public static class RealPath
{
    // What Linux allows on one path.
    private const int MaxLinks = 40;

    private static readonly char[] Separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];

    /// <summary>The path without links; its last components need not exist.</summary>
    /// <exception cref="IOException">More than 40 links, or a link that cannot be read.</exception>
    public static string Of(string path)
    {
        path = Path.GetFullPath(path);
        string current = Path.GetPathRoot(path)!;
        Stack<string> rest = new();
        Push(rest, path[current.Length..]);
        int links = 0;
        while (rest.TryPop(out string? part))
        {
            if (part == ".")
            {
                continue;
            }
            if (part == "..")
            {
                current = Path.GetDirectoryName(current) ?? current;
                continue;
            }

            string next = Path.Combine(current, part);
            FileSystemInfo entry = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            if (entry.LinkTarget is not { } target)
            {
                current = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                throw new IOException($"more than {MaxLinks} symbolic links on '{path}'");
            }
            if (Path.IsPathRooted(target))
            {
                current = Path.GetPathRoot(target)!;
            }
            Push(rest, target[(Path.GetPathRoot(target)?.Length ?? 0)..]);
        }

        return current;
    }

    /// <summary>
    /// Whether a folder is <paramref name="path"/> or holds it: following a link to such a folder never ends.
    /// </summary>
    /// <param name="folder">Without links.</param>
    /// <param name="path">Without links.</param>
    public static bool Holds(string folder, string path) =>
        path.StartsWith(folder, StringComparison.Ordinal)
        && (
            path.Length == folder.Length
            || Path.EndsInDirectorySeparator(folder)
            || path[folder.Length] == Path.DirectorySeparatorChar
        );

    private static void Push(Stack<string> rest, string path)
    {
        foreach (string part in path.Split(Separators, StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            rest.Push(part);
        }
    }
}
