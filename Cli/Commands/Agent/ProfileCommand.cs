using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using OrleansInference.Cli.Commands.Cluster;
using OrleansInference.Cli.Connection;
using OrleansInference.Grains.Interfaces.Cluster;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Agent;

/// <summary>
/// <c>oinf profile</c>: searches the best batch, threads and instances of a model on the live replica.
/// </summary>
internal sealed class ProfileCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<ProfileCommand.Settings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        string node = settings.Node ?? await FirstAsync(server, settings.Model, cancellationToken);
        if (settings.Rows is not null || settings.Threads is not null || settings.Instances is not null)
        {
            return await MeasureAsync(server, node, settings, cancellationToken);
        }
        using JsonDocument profile = (
            await server.CallAsync(
                HttpMethod.Post,
                $"/v2/cluster/nodes/{Uri.EscapeDataString(node)}/search/{Uri.EscapeDataString(settings.Model)}",
                "{}",
                cancellationToken: cancellationToken
            )
        )!;
        if (settings.Json)
        {
            WriteJson(profile.RootElement);
            return 0;
        }

        JsonElement root = profile.RootElement;
        JsonElement chosen = root.GetProperty("chosen");
        Table table = new Table().AddColumns(
            "batch",
            "threads",
            "instances",
            "rows/s",
            "in time/s",
            "p50 ms",
            "p99 ms",
            ""
        );
        foreach (JsonElement point in root.GetProperty("tried").EnumerateArray())
        {
            JsonElement knobs = point.GetProperty("knobs");
            table.AddRow(
                knobs.GetProperty("max_rows").ToString(),
                knobs.GetProperty("threads").ToString(),
                knobs.GetProperty("instances").ToString(),
                Number("rows_per_second", "F0"),
                Number("goodput_per_second", "F0"),
                Number("p50_ms", "F2"),
                Number("p99_ms", "F2"),
                knobs.GetRawText() == chosen.GetRawText() ? "chosen" : ""
            );

            string Number(string member, string format) =>
                point.GetProperty(member).ValueKind == JsonValueKind.Number
                    ? point.GetProperty(member).GetDouble().ToString(format, CultureInfo.InvariantCulture)
                    : "–";
        }

        Console.Write(table);
        WriteLine(
            $"{settings.Model} on {node}, {root.GetProperty("tried").GetArrayLength()} of "
                + $"{root.GetProperty("grid_size")} settings tried: {root.GetProperty("reason").GetString()}"
        );
        return 0;
    }

    private async Task<int> MeasureAsync(
        ServerConnection server,
        string node,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        ReplicaKnobs knobs = new()
        {
            MaxRows = settings.Rows ?? 1,
            Threads = settings.Threads ?? 1,
            Instances = settings.Instances ?? 1,
        };
        using JsonDocument point = await AgentCalls.MeasureAsync(
            server,
            node,
            settings.Model,
            knobs,
            cancellationToken
        );
        if (settings.Json)
        {
            WriteJson(point.RootElement);
        }
        else
        {
            WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{settings.Model} on {node}: {Value("rows_per_second"):F0} rows/s, "
                        + $"{Value("goodput_per_second"):F0} in time, p50 {Value("p50_ms"):F2} ms, p99 "
                        + $"{Value("p99_ms"):F2} ms"
                )
            );
        }
        return 0;

        double Value(string member) => AgentCalls.Figure(point, member);
    }

    private static async Task<string> FirstAsync(
        ServerConnection server,
        string model,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument state = await ClusterCalls.StateAsync(server, cancellationToken);
        return
            state
                .RootElement.GetProperty("nodes")
                .EnumerateArray()
                .FirstOrDefault(node =>
                    node.GetProperty("replicas")
                        .EnumerateArray()
                        .Any(replica => replica.GetProperty("model").GetString() == model)
                )
                is { ValueKind: JsonValueKind.Object } found
            ? found.GetProperty("name").GetString()!
            : throw new CliException($"no node serves model '{model}'");
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : ModelSettings
    {
        [CommandOption("--node <NODE>")]
        [Description("The node; without it, the first that serves the model")]
        public string? Node { get; init; }

        [CommandOption("--rows <ROWS>")]
        [Description("Measure one setting instead of searching: most rows of a batch")]
        public int? Rows { get; init; }

        [CommandOption("--threads <THREADS>")]
        [Description("The same: threads of a run")]
        public int? Threads { get; init; }

        [CommandOption("--instances <INSTANCES>")]
        [Description("The same: runs at once")]
        public int? Instances { get; init; }
    }
}
