namespace OrleansInference.Onnx.Files;

/// <summary>
/// Opens files whose names come from others. It checks first, because opening a pipe waits for ever and reading a
/// device never ends.
/// </summary>
public static class RegularFile
{
    /// <summary>Whether there is such a file; false only where nothing of that name is there.</summary>
    /// <exception cref="IOException">What is there is no regular file; the message says what it is.</exception>
    public static bool Exists(string path)
    {
        FileStatus status = FileStatus.Of(path);
        if (status.Kind == FileKind.Missing)
        {
            return false;
        }
        Require(path, status);
        return true;
    }

    /// <summary>The status of a regular file, which tells its contents from others.</summary>
    /// <exception cref="IOException">It is no regular file, or not there.</exception>
    public static FileStatus Require(string path)
    {
        FileStatus status = FileStatus.Of(path);
        Require(path, status);
        return status;
    }

    /// <summary>Opens a file that others may replace or delete meanwhile.</summary>
    /// <exception cref="IOException">It is no regular file, or not there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static FileStream OpenRead(string path)
    {
        Require(path);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }

    /// <summary>All of a file.</summary>
    /// <exception cref="IOException">It is no regular file, or not there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadAllBytes(string path)
    {
        Require(path);
        return File.ReadAllBytes(path);
    }

    private static void Require(string path, FileStatus status)
    {
        if (status.Kind == FileKind.Regular)
        {
            return;
        }
        string message = $"'{path}' {status.Problem(path, FileKind.Regular)}";
        throw status.Kind == FileKind.Missing ? new FileNotFoundException(message, path) : new IOException(message);
    }
}
