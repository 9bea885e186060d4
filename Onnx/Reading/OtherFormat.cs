using OrleansInference.Onnx.Files;

namespace OrleansInference.Onnx.Reading;

/// <summary>Recognises formats that often lie where an ONNX file should, so that the error can name them.</summary>
internal static class OtherFormat
{
    private static readonly (byte[] Start, string Meaning)[] Known =
    [
        ([.. "version https://git-lfs"u8], "it is a Git LFS pointer; fetch the file itself with 'git lfs pull'"),
        ([.. "<"u8], "it is a web page or XML, perhaps the error page of a download"),
        ([0x1F, 0x8B], "it is a gzip archive; unpack it"),
        ([.. "PK\x03\x04"u8], "it is a ZIP archive or a PyTorch file; unpack or export it to ONNX"),
        ([0x89, .. "HDF"u8], "it is an HDF5 file, such as Keras writes; export it to ONNX"),
    ];

    /// <summary>The format of a file by its first bytes; null for an unknown one.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? Detect(string path)
    {
        Span<byte> start = stackalloc byte[32];
        using FileStream stream = RegularFile.OpenRead(path);
        int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        foreach ((byte[] known, string meaning) in Known)
        {
            if (start[..length].StartsWith(known))
            {
                return meaning;
            }
        }

        return null;
    }
}
