using System.Text.Json;

namespace OrleansInference.Cli.Commands.Scenarios;

/// <summary>What a live scenario is: <c>bench/Scenarios/NAME.json</c>.</summary>
/// <param name="Scenario">The generator's name.</param>
/// <param name="Shape">Shape of the cluster.</param>
/// <param name="Nodes">Silos.</param>
/// <param name="Load">Mean work ÷ capacity.</param>
/// <param name="RequestsPerSecond">Requests a second that this machine is to see at most: models are slowed down,
/// objectives with them, until that is met.</param>
/// <param name="Seconds">Seconds of each half, agent off and agent on.</param>
internal sealed record ScenarioFile(
    string Scenario,
    string Shape,
    int Nodes,
    double Load,
    double RequestsPerSecond,
    int Seconds
)
{
    private const string Suffix = ".json";
    private const string Prefix = "scenario-";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>Names of the scenarios that ship.</summary>
    public static string[] Names =>
        [
            .. typeof(ScenarioFile)
                .Assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
                .Select(name => name[Prefix.Length..^Suffix.Length])
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>Finds a scenario by its name, or reads it from a file.</summary>
    /// <exception cref="CliException">There is none, or it cannot be read.</exception>
    public static ScenarioFile Find(string name)
    {
        try
        {
            if (name.EndsWith(Suffix, StringComparison.Ordinal) && File.Exists(name))
            {
                return Read(File.ReadAllText(name));
            }
            using Stream? stream = typeof(ScenarioFile).Assembly.GetManifestResourceStream(Prefix + name + Suffix);
            if (stream is null)
            {
                throw new CliException(
                    $"there is no scenario '{name}'; there are: {string.Join(", ", Names)}, or a file of your own",
                    CliException.Usage
                );
            }
            using StreamReader reader = new(stream);
            return Read(reader.ReadToEnd());
        }
        catch (JsonException exception)
        {
            throw new CliException($"scenario '{name}' cannot be read: {exception.Message}", CliException.Usage);
        }
    }

    private static ScenarioFile Read(string json)
    {
        ScenarioFile file =
            JsonSerializer.Deserialize<ScenarioFile>(json, Options) ?? throw new JsonException("it is empty");
        return file.Nodes is < 1 or > 16
                ? throw new CliException($"nodes is {file.Nodes}; 1 to 16 is allowed", CliException.Usage)
            : !(file.Load > 0) || !(file.RequestsPerSecond > 0) || file.Seconds < 1
                ? throw new CliException("load, requests_per_second and seconds must be above 0", CliException.Usage)
            : file;
    }
}
