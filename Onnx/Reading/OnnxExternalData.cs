namespace OrleansInference.Onnx.Reading;

/// <summary>Weights that a model keeps in files of their own. A model file is untrusted: they must lie in its folder.</summary>
public static class OnnxExternalData
{
    /// <summary>Checks that every file is inside <paramref name="modelFolder"/>, symbolic links followed, and there.</summary>
    /// <exception cref="OnnxFormatException">One is not; the message names it.</exception>
    public static void Check(OnnxOutline outline, string modelFolder)
    {
        if (outline.ExternalData.Count == 0) return;
        string root = RealPath(modelFolder);
        foreach (string location in outline.ExternalData)
        {
            if (location.Length == 0 || location.Contains('\0', StringComparison.Ordinal)) throw new OnnxFormatException("the model has external data without a file name");
            if (Path.IsPathRooted(location) || location.Replace('\\', '/').Split('/').Contains(".."))
            {
                throw new OnnxFormatException($"the model's external data '{location}' lies outside its folder; only files inside the model's version folder are read");
            }

            string path = Path.GetFullPath(location, root);
            if (!File.Exists(path)) throw new OnnxFormatException($"the model's external data '{location}' is not in its folder");
            if (!RealPath(path).StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                throw new OnnxFormatException($"the model's external data '{location}' is a link that leaves its folder; only files inside the model's version folder are read");
            }
        }
    }

    private static string RealPath(string path)
    {
        string full = Path.GetFullPath(path);
        string resolved = Path.GetPathRoot(full)!;
        foreach (string part in full[resolved.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            string next = Path.Combine(resolved, part);
            FileSystemInfo info = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            resolved = info.ResolveLinkTarget(returnFinalTarget: true) is { } target ? RealPath(target.FullName) : next;
        }

        return resolved;
    }
}
