namespace OrleansInference.Onnx.Reading;

/// <summary>Whether a model's weight files are where a model may have them: inside its own folder.</summary>
public static class OnnxExternalData
{
    /// <summary>Checks every external-data location of a model.</summary>
    /// <param name="outline">The model.</param>
    /// <param name="modelFolder">The folder that locations are relative to: the one that holds the model file.</param>
    /// <exception cref="OnnxFormatException">
    /// A location is absolute, leaves the folder through <c>..</c> or through a symbolic link, or is not a file.
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
        if (location.Length == 0 || location.Contains('\0')) return "which is not a file name";
        // A Windows path on Linux, and the reverse, is absolute too: the same repository is served on both.
        if (Path.IsPathRooted(location) || location[0] is '/' or '\\' || HasDrive(location)) return "which is an absolute path";
        if (location.Split('/', '\\').Contains("..")) return "which leaves the model's folder through '..'";
        string file = Path.Combine(folder, location);
        try
        {
            // The folder itself may be reached by a link (repositories often are); what lies under it may not lead outside.
            string root = Path.TrimEndingDirectorySeparator(RealPath.Of(folder)) + Path.DirectorySeparatorChar;
            if (!RealPath.Of(file).StartsWith(root, StringComparison.Ordinal)) return "which leaves the model's folder through a symbolic link";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"which cannot be followed: {exception.Message}";
        }

        return File.Exists(file) ? null : "which does not exist";
    }

    private static bool HasDrive(string location) => location.Length > 1 && location[1] == ':' && char.IsAsciiLetter(location[0]);
}
