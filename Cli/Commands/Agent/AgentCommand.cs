using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;

namespace OrleansInference.Cli.Commands.Agent;

/// <summary><c>oinf agent show</c>: what the agent does, expects and has decided.</summary>
internal sealed class AgentCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<ServerSettings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        ServerSettings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument state = await AgentCalls.StateAsync(server, "?limit=10", cancellationToken);
        if (settings.Json)
        {
            WriteJson(state.RootElement);
            return 0;
        }

        JsonElement root = state.RootElement;
        bool isStopped = root.GetProperty("is_stopped").GetBoolean();
        string stopped = isStopped ? ", stopped after too many rollbacks (oinf agent resume)" : "";
        WriteLine(
            $"mode {root.GetProperty("mode").GetString()}{stopped}; "
                + $"{root.GetProperty("requests_per_second").GetDouble():F1} requests/s, "
                + $"{AgentCalls.Percent(root.GetProperty("attainment").GetDouble())} in time"
        );
        Table table = new Table().AddColumns("model", "rows/s", "peak", "ms a row, by node", "slowdown by a busy core");
        foreach (JsonElement input in root.GetProperty("inputs").EnumerateArray())
        {
            table.AddRow(
                Markup.Escape(input.GetProperty("model").GetString()!),
                $"{input.GetProperty("rows_per_second").GetDouble():F1}",
                $"{input.GetProperty("peak_rows_per_second").GetDouble():F1}",
                Markup.Escape(
                    string.Join(
                        ", ",
                        input
                            .GetProperty("seconds_per_row")
                            .EnumerateObject()
                            .Select(node => $"{node.Name} {node.Value.GetDouble() * 1000:F3}")
                    )
                ),
                Markup.Escape(
                    string.Join(
                        ", ",
                        input
                            .GetProperty("interference")
                            .EnumerateObject()
                            .Select(node => $"{node.Name} {node.Value.GetDouble():P0}")
                    )
                )
            );
        }

        Console.Write(table);
        foreach (JsonElement decision in root.GetProperty("decisions").EnumerateArray())
        {
            foreach (string line in AgentCalls.Explain(decision))
            {
                WriteLine(line);
            }
        }

        return 0;
    }
}
