using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Jobs.Formats;

/// <summary>The formats there are.</summary>
public static class RowFormats
{
    private static readonly IRowFormat[] All =
    [
        new NpyFormat(),
        new CsvFormat(),
        new JsonLinesFormat(),
        new ParquetFormat(),
    ];

    private static string Allowed => string.Join(", ", All.Select(format => format.Name));

    /// <summary>The format of a name, or of a path's extension where the name is empty.</summary>
    /// <exception cref="InferenceException">There is no such format.</exception>
    public static IRowFormat Find(string name, string path, string member)
    {
        string wanted = (name.Length > 0 ? name : Path.GetExtension(path).TrimStart('.')).ToLowerInvariant();
        if (wanted == "ndjson")
        {
            wanted = "jsonl";
        }
        return Array.Find(All, format => format.Name == wanted)
            ?? throw new InferenceException(
                InferenceError.InvalidArgument,
                name.Length > 0
                    ? $"{member} is '{name}'; allowed: {Allowed}"
                    : $"the format of '{path}' does not follow from its extension; set {member} to one of {Allowed}"
            );
    }
}
