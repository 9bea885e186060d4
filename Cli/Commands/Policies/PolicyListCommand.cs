using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;

namespace OrleansInference.Cli.Commands.Policies;

/// <summary><c>oinf policy list</c>: the learned policies that the cluster keeps.</summary>
internal sealed class PolicyListCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<ServerSettings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        ServerSettings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument kept = (
            await server.CallAsync(
                HttpMethod.Get,
                "/v2/agent/policies",
                missing: "this server keeps no policies (GET /v2/agent/policies)",
                cancellationToken: cancellationToken
            )
        )!;
        if (settings.Json)
        {
            WriteJson(kept.RootElement);
            return 0;
        }

        Table table = new Table().AddColumns("number", "", "promoted", "weights", "from", "evaluation");
        foreach (JsonElement policy in kept.RootElement.GetProperty("policies").EnumerateArray())
        {
            table.AddRow(
                $"{policy.GetProperty("number").GetInt64()}",
                policy.GetProperty("is_current").GetBoolean() ? "in force" : "",
                policy.GetProperty("at").GetString()![..19],
                policy.GetProperty("weights_sha256").GetString()![..12],
                Markup.Escape(policy.GetProperty("provenance").GetString()!),
                Markup.Escape(policy.GetProperty("report").GetString()!)
            );
        }

        if (table.Rows.Count == 0)
        {
            WriteLine("no policy was promoted: the planner decides alone, or with the one of Agent:Policy");
        }
        else
        {
            Console.Write(table);
        }
        return 0;
    }
}
