using System.ComponentModel;
using OrleansInference.Cli.Connection;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Agent;

/// <summary><c>oinf agent mode</c>: sets the agent's mode.</summary>
internal sealed class AgentModeCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<AgentModeCommand.Settings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        await AgentCalls.SetModeAsync(server, settings.Mode, cancellationToken);
        if (settings.Json)
        {
            WriteJson(new { mode = settings.Mode });
        }
        else
        {
            WriteLine($"the agent's mode is {settings.Mode}");
        }
        return 0;
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : ServerSettings
    {
        [CommandArgument(0, "<MODE>")]
        [Description("act, advise (waits for consent), shadow (only writes decisions down) or off")]
        public string Mode { get; init; } = "";
    }
}
