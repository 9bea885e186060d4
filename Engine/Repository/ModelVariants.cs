using System.Text.Json;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Files;

namespace OrleansInference.Engine.Repository;

/// <summary>Reads <c>variants.json</c> of a version's folder, as <c>oinf optimize</c> writes it.</summary>
public static class ModelVariants
{
    /// <summary>The file's name.</summary>
    public const string FileName = "variants.json";

    /// <summary>The name of the model as it is in the repository.</summary>
    public const string Original = "original";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    /// <summary>The variants of a version; none where there is no file.</summary>
    /// <param name="folder">The version's folder.</param>
    /// <exception cref="ModelLoadException">The file cannot be read, or names what is not there.</exception>
    public static IReadOnlyList<ModelVariant> Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!RegularFile.Exists(path))
        {
            return [];
        }
        ModelVariant[] variants;
        try
        {
            variants = JsonSerializer.Deserialize<Listing>(RegularFile.ReadAllBytes(path), Options)?.Variants ?? [];
        }
        catch (JsonException exception)
        {
            throw new ModelLoadException($"'{path}' cannot be read: {exception.Message}", exception);
        }

        foreach (ModelVariant variant in variants)
        {
            if (string.IsNullOrEmpty(variant.Name) || variant.Name == Original || string.IsNullOrEmpty(variant.File))
            {
                throw new ModelLoadException(
                    $"'{path}': each variant needs a name other than '{Original}', and a file"
                );
            }
            bool isThere =
                Path.GetFileName(variant.File) == variant.File
                && RegularFile.Exists(Path.Combine(folder, variant.File));
            if (!isThere)
            {
                throw new ModelLoadException(
                    $"'{path}': variant '{variant.Name}' has no file '{variant.File}' in the version's folder"
                );
            }
            if (!(variant.AccuracyLoss >= 0))
            {
                throw new ModelLoadException(
                    $"'{path}': variant '{variant.Name}' has the accuracy loss {variant.AccuracyLoss}; a "
                        + $"number from 0 on is allowed"
                );
            }
        }

        return variants;
    }

    /// <summary>Writes the file.</summary>
    public static void Write(string folder, IEnumerable<ModelVariant> variants) =>
        File.WriteAllBytes(
            Path.Combine(folder, FileName),
            JsonSerializer.SerializeToUtf8Bytes(new Listing([.. variants]), Options)
        );

    private sealed record Listing(ModelVariant[] Variants);
}
