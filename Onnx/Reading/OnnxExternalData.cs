using OrleansInference.Onnx.Files;

namespace OrleansInference.Onnx.Reading;

/// <summary>
/// Checks that a model's weight files are under its own folder, by plain relative paths. A link there was made by the
/// folder's owner, and is followed. The model itself cannot lead anywhere else.
/// </summary>
public static class OnnxExternalData
{
    /// <summary>Checks every external-data location of a model.</summary>
    /// <param name="outline">The model.</param>
    /// <param name="modelFolder">The folder that locations are relative to: the one that holds the model file.</param>
    /// <exception cref="OnnxFormatException">
    /// A location is absolute, goes through <c>..</c>, a hidden name or a link to a folder above, or does not lead to a
    /// regular file.
    /// </exception>
    public static void Check(OnnxOutline outline, string modelFolder)
    {
        ArgumentNullException.ThrowIfNull(outline);
        string folder = Path.GetFullPath(modelFolder);
        foreach (string location in outline.ExternalDataLocations)
        {
            if (Problem(location, folder) is { } problem)
            {
                throw new OnnxFormatException(outline.Path, $"refers to external data '{location}', {problem}");
            }
        }
    }

    private static string? Problem(string location, string folder)
    {
        if (location.Length == 0 || location.Contains('\0'))
        {
            return "which is not a file name";
        }
        // A Windows path on Linux, and the reverse, is absolute too: the same repository is served on both.
        if (Path.IsPathRooted(location) || location[0] is '/' or '\\' || HasDrive(location))
        {
            return "which is an absolute path";
        }
        string[] parts = location.Split('/', '\\');
        if (parts.Contains(".."))
        {
            return "which leaves the model's folder through '..'";
        }
        string? hidden = parts.FirstOrDefault(part => part.StartsWith('.') && part != ".");
        if (hidden is not null)
        {
            return $"whose part '{hidden}' is a hidden name; hidden files are no part of a model";
        }
        if (Upward(parts, folder) is { } link)
        {
            return $"which leads through '{link}', a link to a folder above the model";
        }
        string path = Path.Combine(folder, location);
        FileStatus status = FileStatus.Of(path);
        return status.Kind == FileKind.Regular ? null : $"which {status.Problem(path, FileKind.Regular)}";
    }

    private static string? Upward(string[] parts, string folder)
    {
        string path = folder;
        foreach (string part in parts[..^1])
        {
            path = Path.Combine(path, part);
            if (part is "." or "" || new DirectoryInfo(path).LinkTarget is null)
            {
                continue;
            }
            if (FileStatus.Of(path).Kind == FileKind.Folder && RealPath.Holds(RealPath.Of(path), RealPath.Of(folder)))
            {
                return part;
            }
        }

        return null;
    }

    private static bool HasDrive(string location) =>
        location.Length > 1 && location[1] == ':' && char.IsAsciiLetter(location[0]);
}
