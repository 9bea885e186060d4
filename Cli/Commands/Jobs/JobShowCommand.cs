using System.ComponentModel;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Jobs;

/// <summary><c>oinf jobs show</c>.</summary>
internal sealed class JobShowCommand(IAnsiConsole console, TextWriter output)
    : JobCommand<JobShowCommand.Settings>(console, output)
{
    /// <inheritdoc />
    protected override bool ShouldWait(Settings settings) => settings.Wait;

    /// <inheritdoc />
    protected override Task<JsonDocument?> CallAsync(
        ServerConnection server,
        Settings settings,
        CancellationToken cancellationToken
    ) =>
        server.CallAsync(
            HttpMethod.Get,
            $"/v2/jobs/{Uri.EscapeDataString(settings.Id)}",
            cancellationToken: cancellationToken
        );

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : JobSettings
    {
        [CommandOption("--wait")]
        [Description("Show its progress until it has ended")]
        public bool Wait { get; init; }
    }
}
