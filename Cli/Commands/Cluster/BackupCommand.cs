using System.ComponentModel;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Cluster;

/// <summary><c>oinf backup</c>: saves the operators' requests to a cluster.</summary>
internal sealed class BackupCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<BackupCommand.Settings>(console, output)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument backup = (
            await server.CallAsync(
                HttpMethod.Get,
                "/v2/cluster/backup",
                missing: "this server cannot be backed up (GET /v2/cluster/backup)",
                cancellationToken: cancellationToken
            )
        )!;
        // The old backup stays whole until the new one is.
        string partial = settings.File + ".partial";
        await File.WriteAllTextAsync(
            partial,
            JsonSerializer.Serialize(backup.RootElement, Indented),
            cancellationToken
        );
        File.Move(partial, settings.File, overwrite: true);
        int models = backup.RootElement.GetProperty("models").GetArrayLength();
        int pins = backup.RootElement.GetProperty("pins").EnumerateObject().Count();
        if (settings.Json)
        {
            WriteJson(
                new
                {
                    file = settings.File,
                    models,
                    pins,
                }
            );
        }
        else
        {
            WriteLine(
                $"{settings.File}: {models} models asked for, {pins} pins; model files and jobs are not "
                    + $"in it (docs/operations.md)"
            );
        }
        return 0;
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : ServerSettings
    {
        [CommandArgument(0, "<FILE.json>")]
        [Description("Where to write it")]
        public string File { get; init; } = "";
    }
}
