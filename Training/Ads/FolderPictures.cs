using System.IO.Compression;
using SkiaSharp;

namespace OrleansInference.Training.Ads;

/// <summary>
/// Pictures of a folder or a zip file, in sub-folders by what they show; the first eight names, in order, are the
/// categories.
/// </summary>
internal static class FolderPictures
{
    /// <summary>Reads pictures, resized to 32 × 32.</summary>
    /// <exception cref="FormatException">There are no pictures in eight sub-folders.</exception>
    public static Picture[] Read(string path)
    {
        (string Category, byte[] Contents)[] files =
            File.Exists(path) ? Zipped(path)
            : Directory.Exists(path) ? Stored(path)
            : throw new FormatException($"there is no folder or zip file '{path}'");
        string[] categories =
        [
            .. files.Select(file => file.Category).Distinct().Order(StringComparer.Ordinal).Take(Picture.Categories),
        ];
        if (categories.Length < Picture.Categories)
        {
            throw new FormatException(
                $"'{path}' has pictures in {categories.Length} sub-folders; {Picture.Categories} are "
                    + $"needed, one for each category"
            );
        }
        return
        [
            .. files
                .Select(file => (Category: Array.IndexOf(categories, file.Category), file.Contents))
                .Where(file => file.Category >= 0)
                .Select(file => Decode(file.Contents, file.Category))
                .OfType<Picture>(),
        ];
    }

    private static (string, byte[])[] Zipped(string path)
    {
        using ZipArchive zip = ZipFile.OpenRead(path);
        return
        [
            .. zip
                .Entries.Where(entry => IsPicture(entry.FullName))
                .OrderBy(entry => entry.FullName, StringComparer.Ordinal)
                .Select(entry => (Path.GetFileName(Path.GetDirectoryName(entry.FullName))!, Contents(entry))),
        ];
    }

    private static (string, byte[])[] Stored(string path) =>
        [
            .. Directory
                .EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Where(IsPicture)
                .Order(StringComparer.Ordinal)
                .Select(file => (Path.GetFileName(Path.GetDirectoryName(file))!, File.ReadAllBytes(file))),
        ];

    private static bool IsPicture(string name) =>
        Path.GetExtension(name).ToUpperInvariant() is ".JPG" or ".JPEG" or ".PNG" or ".WEBP" or ".BMP";

    private static byte[] Contents(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using MemoryStream memory = new();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    private static Picture? Decode(byte[] contents, int category)
    {
        using SKBitmap? whole = SKBitmap.Decode(contents);
        if (whole is null)
        {
            return null;
        }
        using SKBitmap small = whole.Resize(
            new SKImageInfo(Picture.Size, Picture.Size, SKColorType.Rgba8888, SKAlphaType.Opaque),
            new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear)
        );
        byte[] pixels = new byte[Picture.Size * Picture.Size * 3];
        ReadOnlySpan<byte> rgba = small.GetPixelSpan();
        for (int i = 0; i < Picture.Size * Picture.Size; i++)
        {
            rgba.Slice(i * 4, 3).CopyTo(pixels.AsSpan(i * 3));
        }
        return new Picture(pixels, category);
    }
}
