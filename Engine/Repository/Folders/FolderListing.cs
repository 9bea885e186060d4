using System.Globalization;

namespace OrleansInference.Engine.Repository.Folders;

/// <summary>What one look at a folder found.</summary>
/// <param name="Files">Its regular files, links followed, ordered by path.</param>
/// <param name="Ignored">What is there beside them and is no part of a model, each with the reason.</param>
/// <param name="Problem">Why it cannot be a model's folder at all; null where it can.</param>
internal sealed record FolderListing(IReadOnlyList<FolderFile> Files, IReadOnlyList<string> Ignored, string? Problem)
{
    /// <summary>Changes whenever a file is added, removed, replaced or written, also behind a link.</summary>
    public string Fingerprint => string.Join('\n', Files.Select(Line).Concat(Ignored).Append(Problem));

    private static string Line(FolderFile file) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{file.Path}|{file.Status.Device}|{file.Status.Inode}|{file.Status.Length}|{file.Status.Written}|{file.Status.Changed}"
        );
}
