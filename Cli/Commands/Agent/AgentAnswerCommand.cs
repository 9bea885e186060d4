using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Agent;

/// <summary><c>oinf agent approve</c> and <c>refuse</c>: answers a decision that waits for consent.</summary>
internal abstract class AgentAnswerCommand(IAnsiConsole console, TextWriter output, string answer)
    : ServerCommand<AgentAnswerCommand.Settings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument? _ = await server.CallAsync(
            HttpMethod.Post,
            string.Create(CultureInfo.InvariantCulture, $"/v2/agent/decisions/{settings.Id}/{answer}"),
            "{}",
            cancellationToken: cancellationToken
        );
        if (settings.Json)
        {
            WriteJson(new { decision = settings.Id, answer });
        }
        else
        {
            WriteLine($"decision {settings.Id}: {answer}");
        }
        return 0;
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : ServerSettings
    {
        [CommandArgument(0, "<ID>")]
        [Description("The decision's number")]
        public long Id { get; init; }
    }
}
