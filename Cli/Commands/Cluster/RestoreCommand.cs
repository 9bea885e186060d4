using System.ComponentModel;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Cluster;

/// <summary>
/// <c>oinf restore</c>: repeats the requests of a backup, call by call. It names those that fail and goes on.
/// </summary>
internal sealed class RestoreCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<RestoreCommand.Settings>(console, output)
{
    private const int Version = 1;

    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument backup = await ReadAsync(settings.File, cancellationToken);
        List<string> done = [];
        List<string> failed = [];
        foreach ((string what, string path, string body) in Calls(backup.RootElement))
        {
            try
            {
                using JsonDocument? _ = await server.CallAsync(
                    HttpMethod.Post,
                    path,
                    body,
                    cancellationToken: cancellationToken
                );
                done.Add(what);
                if (!settings.Json)
                {
                    WriteLine(what);
                }
            }
            catch (CliException exception)
            {
                failed.Add($"{what}: {exception.Message}");
                if (!settings.Json)
                {
                    WriteLine($"FAILED {what}: {exception.Message}");
                }
            }
        }

        if (settings.Json)
        {
            WriteJson(new { done, failed });
        }
        else
        {
            WriteLine(
                failed.Count == 0
                    ? $"{done.Count} things asked for again"
                    : $"{done.Count} things asked for again, {failed.Count} failed; once their cause is mended, "
                        + $"restore again: what is there already stays"
            );
        }
        return failed.Count == 0 ? 0 : 1;
    }

    /// <summary>
    /// The calls of a restore, in an order in which they succeed. A model is pinned before it is loaded, so that it is
    /// not loaded elsewhere first.
    /// </summary>
    private static IEnumerable<(string What, string Path, string Body)> Calls(JsonElement backup)
    {
        if (backup.TryGetProperty("agent_mode", out JsonElement mode))
        {
            yield return (
                $"agent mode {mode.GetString()}",
                "/v2/agent/mode",
                JsonSerializer.Serialize(new { mode = mode.GetString() })
            );
        }
        foreach (JsonElement node in backup.GetProperty("drained_nodes").EnumerateArray())
        {
            yield return (
                $"drain {node.GetString()}",
                $"/v2/cluster/nodes/{Uri.EscapeDataString(node.GetString()!)}/drain",
                "{}"
            );
        }
        foreach (JsonProperty pin in backup.GetProperty("pins").EnumerateObject())
        {
            yield return (
                $"pin {pin.Name}",
                $"/v2/cluster/models/{Uri.EscapeDataString(pin.Name)}/pin",
                pin.Value.GetRawText()
            );
        }
        foreach (JsonElement model in backup.GetProperty("models").EnumerateArray())
        {
            yield return (
                $"load {model.GetString()}",
                $"/v2/repository/models/{Uri.EscapeDataString(model.GetString()!)}/load",
                "{}"
            );
        }
        if (backup.TryGetProperty("policy", out JsonElement policy))
        {
            yield return ("policy", "/v2/agent/policies", policy.GetRawText());
        }
    }

    private static async Task<JsonDocument> ReadAsync(string file, CancellationToken cancellationToken)
    {
        if (!File.Exists(file))
        {
            throw new CliException($"there is no file '{file}'", CliException.Usage);
        }
        try
        {
            JsonDocument backup = JsonDocument.Parse(await File.ReadAllTextAsync(file, cancellationToken));
            if (
                backup.RootElement.ValueKind == JsonValueKind.Object
                && backup.RootElement.TryGetProperty("orleans_inference_backup", out JsonElement version)
            )
            {
                if (
                    version.ValueKind == JsonValueKind.Number
                    && version.TryGetInt32(out int number)
                    && number == Version
                )
                {
                    return backup;
                }
                throw new CliException(
                    $"'{file}' is a backup of format {version.GetRawText()}; this oinf restores format {Version}",
                    CliException.Usage
                );
            }
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new CliException($"'{file}' is no backup; expected what `oinf backup` writes", CliException.Usage);
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : ServerSettings
    {
        [CommandArgument(0, "<FILE.json>")]
        [Description("What oinf backup wrote")]
        public string File { get; init; } = "";
    }
}
