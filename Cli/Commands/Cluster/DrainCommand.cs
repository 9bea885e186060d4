using System.ComponentModel;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Cluster;

/// <summary><c>oinf drain</c>: empties a node, or lets it be filled again.</summary>
internal sealed class DrainCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<DrainCommand.Settings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        string action = settings.Undo ? "undrain" : "drain";
        using JsonDocument? _ = await server.CallAsync(
            HttpMethod.Post,
            $"/v2/cluster/nodes/{Uri.EscapeDataString(settings.Node)}/{action}",
            "{}",
            cancellationToken: cancellationToken
        );
        if (settings.Json)
        {
            WriteJson(new { node = settings.Node, done = action });
        }
        else
        {
            WriteLine(
                settings.Undo
                    ? $"{settings.Node} takes replicas again"
                    : $"{settings.Node} is empty; its requests go elsewhere"
            );
        }
        return 0;
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : ServerSettings
    {
        [CommandArgument(0, "<NODE>")]
        [Description("The node's name, as in `oinf nodes`")]
        public string Node { get; init; } = "";

        [CommandOption("--undo")]
        [Description("Let it be filled again")]
        public bool Undo { get; init; }
    }
}
