using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;

namespace OrleansInference.Cli.Commands.Jobs;

/// <summary><c>oinf jobs pause</c>.</summary>
internal class JobPauseCommand(IAnsiConsole console, TextWriter output) : JobCommand<JobSettings>(console, output)
{
    /// <summary>The last part of the call's path.</summary>
    protected virtual string Action => "pause";

    /// <inheritdoc />
    protected override Task<JsonDocument?> CallAsync(
        ServerConnection server,
        JobSettings settings,
        CancellationToken cancellationToken
    ) =>
        server.CallAsync(
            HttpMethod.Post,
            $"/v2/jobs/{Uri.EscapeDataString(settings.Id)}/{Action}",
            "{}",
            cancellationToken: cancellationToken
        );
}
