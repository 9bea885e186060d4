using System.Text.Json;
using OrleansInference.Cli.Connection;
using Spectre.Console;

namespace OrleansInference.Cli.Commands.Cluster;

/// <summary><c>oinf nodes</c>: the cluster's nodes and what they do.</summary>
internal sealed class NodesCommand(IAnsiConsole console, TextWriter output)
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
            WriteJson(state.RootElement.GetProperty("nodes"));
            return 0;
        }

        string director = state.RootElement.GetProperty("director").GetString()!;
        Table table = new Table().AddColumns(
            "node",
            "state",
            "cores",
            "CPU",
            "memory MiB",
            "devices",
            "models",
            "forwarded"
        );
        foreach (JsonElement node in state.RootElement.GetProperty("nodes").EnumerateArray())
        {
            string name = node.GetProperty("name").GetString()!;
            string status =
                node.GetProperty("draining").GetBoolean() ? "draining"
                : node.GetProperty("ready").GetBoolean() ? "ready"
                : "starting";
            table.AddRow(
                Markup.Escape(name + (name == director ? " (director)" : "")),
                status,
                node.GetProperty("cores").ToString(),
                $"{node.GetProperty("cpu_share").GetDouble():P0}",
                $"{node.GetProperty("memory_reserved_bytes").GetInt64() >> 20} of "
                    + $"{node.GetProperty("memory_bytes").GetInt64() >> 20}",
                Markup.Escape(
                    string.Join(
                        ", ",
                        node.GetProperty("devices")
                            .EnumerateArray()
                            .Select(device =>
                                device.GetString()!.Replace("ExecutionProvider", "", StringComparison.Ordinal)
                            )
                    )
                ),
                Markup.Escape(
                    string.Join(
                        ", ",
                        node.GetProperty("replicas")
                            .EnumerateArray()
                            .Select(replica => replica.GetProperty("model").GetString())
                            .Distinct()
                    )
                ),
                node.GetProperty("requests_forwarded").ToString()
            );
        }

        Console.Write(table);
        return 0;
    }
}
