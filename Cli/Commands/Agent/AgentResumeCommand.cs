using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;

namespace OrleansInference.Cli.Commands.Agent;

/// <summary><c>oinf agent resume</c>: lets the agent go on after it stopped.</summary>
internal sealed class AgentResumeCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<ServerSettings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        ServerSettings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument? _ = await server.CallAsync(
            HttpMethod.Post,
            "/v2/agent/resume",
            "{}",
            missing: "this server has no agent (POST /v2/agent/resume)",
            cancellationToken: cancellationToken
        );
        if (settings.Json)
        {
            WriteJson(new { resumed = true });
        }
        else
        {
            WriteLine("the agent goes on");
        }
        return 0;
    }
}
