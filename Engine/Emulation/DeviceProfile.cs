using System.Globalization;
using System.Text.Json;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Emulation;

/// <summary>A device that is not here, by what its models take there: a JSON file.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="MemoryBytes">Bytes that its models may take together.</param>
/// <param name="Lanes">Runs that it makes side by side, at least 1; more wait for each other.</param>
/// <param name="Models">Profiles by model; <c>*</c> stands for every other.</param>
public sealed record DeviceProfile(
    string Name,
    long MemoryBytes,
    int Lanes,
    IReadOnlyDictionary<string, ModelProfile> Models
)
{
    /// <summary>
    /// Reads a file such as
    /// <c>{"name":"t4","memory_mib":16384,"lanes":1,"models":{"*":{"batch_ms":{"1":5,"8":20},"memory_mib":400,"load_ms":900}}}</c>.
    /// </summary>
    /// <exception cref="ModelRepositoryException">It cannot be read, or says something that is not allowed.</exception>
    public static DeviceProfile Read(string path)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = json.RootElement;
            Dictionary<string, ModelProfile> models = root.GetProperty("models")
                .EnumerateObject()
                .ToDictionary(model => model.Name, model => Model(model.Value));
            int lanes = Number(root, "lanes", 1) is var count and >= 1 and <= 1024
                ? (int)count
                : throw new ArgumentException("lanes must be from 1 to 1024");
            long memory = Number(root, "memory_mib", 0) is var mib and >= 1
                ? (long)mib << 20
                : throw new ArgumentException("memory_mib must be at least 1");
            return new DeviceProfile(
                root.TryGetProperty("name", out JsonElement name)
                    ? name.GetString() ?? ""
                    : Path.GetFileNameWithoutExtension(path),
                memory,
                lanes,
                models
            );
        }
        catch (Exception exception)
            when (exception
                    is IOException
                        or UnauthorizedAccessException
                        or JsonException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or FormatException
                        or ArgumentException
            )
        {
            throw new ModelRepositoryException(
                $"The device profile '{path}' (Engine:ExecutionProvider:Profile) cannot be used: {exception.Message}",
                exception
            );
        }
    }

    /// <summary>A model's profile.</summary>
    /// <exception cref="ModelLoadException">The device has none for it.</exception>
    public ModelProfile Of(string model) =>
        Models.GetValueOrDefault(model)
        ?? Models.GetValueOrDefault("*")
        ?? throw new ModelLoadException(
            $"the emulated device '{Name}' has no profile of model '{model}'; it has: {string.Join(", ", Models.Keys)}"
        );

    private static ModelProfile Model(JsonElement model) =>
        new(
            model
                .GetProperty("batch_ms")
                .EnumerateObject()
                .Select(point =>
                    KeyValuePair.Create(int.Parse(point.Name, CultureInfo.InvariantCulture), point.Value.GetDouble())
                ),
            (long)Number(model, "memory_mib", 0),
            Number(model, "load_ms", 0)
        );

    private static double Number(JsonElement parent, string name, double fallback) =>
        parent.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : fallback;
}
