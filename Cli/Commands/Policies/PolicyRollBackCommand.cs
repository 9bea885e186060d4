using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;

namespace OrleansInference.Cli.Commands.Policies;

/// <summary><c>oinf policy rollback</c>: puts the policy before the present one in force.</summary>
internal sealed class PolicyRollBackCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<ServerSettings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        ServerSettings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument now = (
            await server.CallAsync(
                HttpMethod.Post,
                "/v2/agent/policies/rollback",
                "{}",
                cancellationToken: cancellationToken
            )
        )!;
        long number = now.RootElement.GetProperty("number").GetInt64();
        if (settings.Json)
        {
            WriteJson(now.RootElement);
        }
        else
        {
            WriteLine(number == 0 ? "the planner decides alone" : $"policy {number} is in force");
        }
        return 0;
    }
}
