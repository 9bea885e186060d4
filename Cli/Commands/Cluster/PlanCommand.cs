using System.Globalization;
using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;

namespace OrleansInference.Cli.Commands.Cluster;

/// <summary>
/// <c>oinf plan</c>: shows the plan: the nodes of each model, and the reasons why it is not on others.
/// </summary>
internal sealed class PlanCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<ServerSettings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        ServerSettings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument state = await ClusterCalls.StateAsync(server, cancellationToken);
        if (settings.Json)
        {
            WriteJson(
                new
                {
                    epoch = state.RootElement.GetProperty("epoch").GetInt64(),
                    models = state.RootElement.GetProperty("models"),
                }
            );
            return 0;
        }

        WriteLine(
            $"Plan {state.RootElement.GetProperty("epoch")}, by the director on "
                + $"{state.RootElement.GetProperty("director").GetString()}"
        );
        Table table = new Table().AddColumns("model", "replica", "node", "weight", "routed", "load balance");
        JsonElement[] models = [.. state.RootElement.GetProperty("models").EnumerateArray()];
        foreach (JsonElement model in models)
        {
            foreach (JsonElement replica in model.GetProperty("replicas").EnumerateArray())
            {
                table.AddRow(
                    Markup.Escape(model.GetProperty("name").GetString()!),
                    replica.GetProperty("index").ToString(),
                    Markup.Escape(replica.GetProperty("node").GetString()!),
                    replica.GetProperty("weight").GetDouble().ToString("0.##", CultureInfo.InvariantCulture),
                    replica.GetProperty("routed").GetBoolean() ? "yes" : "not yet",
                    model.GetProperty("load_balance").GetString()
                        + (model.GetProperty("pinned").GetBoolean() ? " (pinned)" : "")
                );
            }
        }

        Console.Write(table);
        foreach (JsonElement model in models)
        {
            foreach (JsonElement refusal in model.GetProperty("refusals").EnumerateArray())
            {
                WriteLine($"{model.GetProperty("name").GetString()}: {refusal.GetString()}");
            }
        }

        return 0;
    }
}
