using System.Globalization;
using System.Text.Json;
using OrleansInference.Agent.Prediction;
using OrleansInference.Cli.Commands.Agent;
using OrleansInference.Cli.Commands.Cluster;
using OrleansInference.Cli.Connection;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Simulation.Alignment;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;
using Spectre.Console;

namespace OrleansInference.Cli.Commands.Simulation;

/// <summary>
/// <c>oinf align</c>: compares a live cluster with the twin. It measures the cluster, runs a trace on it several times,
/// and replays the trace in the twin. The agent changes nothing meanwhile.
/// </summary>
internal sealed class AlignCommand(IAnsiConsole console, TextWriter output, TimeProvider time)
    : ServerCommand<AlignSettings>(console, output)
{
    private const int Lone = 40;
    private const int Profiles = 7;
    private const double CalibrationSeconds = 10;
    private const double SettleSeconds = 1;

    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        AlignSettings settings,
        CancellationToken cancellationToken
    )
    {
        Workload workload = Trace(settings, settings.Seconds, settings.Seed);
        ModelMetadata metadata = await server.Inference.GetModelMetadataAsync(settings.Model, "", cancellationToken);
        string mode = await ModeAsync(server, cancellationToken);
        // What is measured must not be changed meanwhile.
        if (mode != "off")
        {
            await AgentCalls.SetModeAsync(server, "off", cancellationToken);
        }
        try
        {
            LiveModel live = await LiveModel.ReadAsync(server, settings.Model, cancellationToken);
            AlignTraffic traffic = new(server, metadata, TimeSpan.FromMilliseconds(live.SloMs), time);
            (MeasuredModel measured, IReadOnlyList<MeasuredNode> nodes) = await CalibrateAsync(
                server,
                settings,
                live,
                metadata,
                traffic,
                workload,
                cancellationToken
            );
            List<AlignmentOutcome> cluster = [];
            for (int run = 1; run <= settings.Runs; run++)
            {
                WriteProgress(
                    $"run {run} of {settings.Runs}: {workload.Arrivals.Length} requests in {settings.Seconds:F0} s"
                );
                (double Seconds, InferenceError Error)[] results = await traffic.RunAsync(workload, cancellationToken);
                cluster.Add(traffic.Outcome(results, settings.Seconds));
                if (settings.Record is { } file && run == 1)
                {
                    AlignTraffic.Write(file, workload, settings.Model, results);
                }
                await Task.Delay(TimeSpan.FromSeconds(SettleSeconds), time, cancellationToken);
            }

            AlignmentOutcome[] twin =
            [
                .. Enumerable
                    .Range(1, settings.Runs)
                    .Select(seed => Aligner.Replay(nodes, [measured], live.Entry, workload, seed)),
            ];
            return Show(settings, live with { Nodes = nodes }, measured, Aligner.Compare(cluster, twin), cluster, twin);
        }
        finally
        {
            if (mode != "off")
            {
                // Also after Ctrl+C: the cluster gets its agent back.
                await AgentCalls.SetModeAsync(server, mode, CancellationToken.None);
            }
        }
    }

    private static Workload Trace(AlignSettings settings, double seconds, long seed)
    {
        if (settings.Trace is { } file)
        {
            try
            {
                return TraceReader.Read(file, [settings.Model], seconds, settings.Speedup, seed);
            }
            catch (TraceFormatException exception)
            {
                throw new CliException(exception.Message, CliException.Usage);
            }
        }

        SimulationRandom random = new(seed, 1);
        SimulationRandom form = new(seed, 2);
        Func<double, double> factor =
            settings.Burst > 1 ? ArrivalProcesses.Bursts(1, settings.Burst, 4, 1, seconds, form) : _ => 1;
        return ArrivalProcesses.Merge(
            seconds,
            [
                ArrivalProcesses.Of(
                    0,
                    ArrivalProcesses.Varying(
                        at => settings.Rate * factor(at),
                        settings.Rate * settings.Burst,
                        seconds,
                        random
                    )
                ),
            ]
        );
    }

    /// <summary>
    /// Calibrates the twin: the cost of runs on each node, alone and under a load like the trace's mean, and the
    /// latency outside of runs.
    /// </summary>
    private async Task<(MeasuredModel Model, IReadOnlyList<MeasuredNode> Nodes)> CalibrateAsync(
        ServerConnection server,
        AlignSettings settings,
        LiveModel live,
        ModelMetadata metadata,
        AlignTraffic traffic,
        Workload workload,
        CancellationToken cancellationToken
    )
    {
        // Code that has just started is not yet as fast as it will be.
        WriteProgress($"warming up for {CalibrationSeconds:F0} s");
        double rate = workload.Arrivals.Length / workload.Seconds;
        double rows = workload.Arrivals.Average(arrival => (double)arrival.Rows);
        await traffic.RunAsync(Calibration(settings, rate, rows, 4), cancellationToken);
        ServiceModel?[] alone = new ServiceModel?[live.Nodes.Count];
        for (int n = 0; n < alone.Length; n++)
        {
            if (!live.Serves[n])
            {
                continue;
            }
            WriteProgress($"measuring {settings.Model} on {live.Nodes[n].Name}");
            Dictionary<int, List<double>> runs = [];
            for (int i = 0; i < Profiles; i++)
            {
                using JsonDocument profile = (
                    await server.CallAsync(
                        HttpMethod.Post,
                        $"/v2/cluster/nodes/{Uri.EscapeDataString(live.Nodes[n].Name)}/profile/{Uri.EscapeDataString(settings.Model)}",
                        "{}",
                        cancellationToken: cancellationToken
                    )
                )!;
                foreach ((int size, double seconds) in Profile(profile.RootElement))
                {
                    (runs.TryGetValue(size, out List<double>? all) ? all : runs[size] = []).Add(seconds);
                }
            }

            Dictionary<int, double> medians = runs.ToDictionary(
                entry => entry.Key,
                entry => AlignTraffic.Quantile([.. entry.Value.Order()], 0.5)
            );
            double[] ratios =
            [
                .. runs.SelectMany(entry => entry.Value.Select(seconds => seconds / medians[entry.Key])).Order(),
            ];
            alone[n] = Aligner.Line(medians, Math.Clamp(AlignTraffic.Quantile(ratios, 0.95), 1, 3));
        }

        MeasuredNode[] nodes = [.. live.Nodes];
        for (int n = 0; n < nodes.Length; n++)
        {
            if (!live.Serves[n] || nodes[n].Cores < 2)
            {
                continue;
            }
            double one = await RowsAsync(server, nodes[n].Name, settings.Model, 1, cancellationToken);
            double all = await RowsAsync(server, nodes[n].Name, settings.Model, nodes[n].Cores, cancellationToken);
            nodes[n] = nodes[n] with
            {
                Parallelism = one > 0 ? Math.Clamp(all / one, 1, nodes[n].Cores) : nodes[n].Cores,
            };
        }

        double[] lone = await traffic.MeasureLoneAsync(Lone, cancellationToken);
        double fastest = alone.Where(service => service is not null).Min(service => service!.Value.Seconds(1, 0));
        double overhead = Math.Max(0, AlignTraffic.Quantile(lone, 0.5) - fastest);
        WriteProgress($"measuring under load for {CalibrationSeconds:F0} s");
        LiveModel before = await LiveModel.ReadAsync(server, settings.Model, cancellationToken);
        await traffic.RunAsync(Calibration(settings, rate, rows, 3), cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(2 * SettleSeconds), time, cancellationToken);
        LiveModel after = await LiveModel.ReadAsync(server, settings.Model, cancellationToken);
        // Where runs slow each other down, that they are slower under load is known already.
        ServiceModel?[] loaded =
        [
            .. alone.Select(
                (service, n) =>
                    service is { } line
                        ? nodes[n].Parallelism < nodes[n].Cores
                            ? line
                            : Loaded(line, before.Counts[n], after.Counts[n])
                        : (ServiceModel?)null
            ),
        ];
        return (
            new MeasuredModel(
                settings.Model,
                live.SloMs / 1000,
                live.MaxRows,
                Bytes(metadata.Inputs),
                Bytes(metadata.Outputs),
                overhead,
                live.LoadBalance,
                loaded
            ),
            nodes
        );
    }

    /// <summary>Measures rows a second of one-row runs at a given concurrency.</summary>
    private static async Task<double> RowsAsync(
        ServerConnection server,
        string node,
        string model,
        int instances,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument point = await AgentCalls.MeasureAsync(
            server,
            node,
            model,
            new ReplicaKnobs { Instances = instances },
            cancellationToken
        );
        return AgentCalls.Figure(point, "rows_per_second");
    }

    /// <summary>A load like the trace's mean.</summary>
    private static Workload Calibration(AlignSettings settings, double rate, double rows, int stream)
    {
        SimulationRandom random = new(settings.Seed + 1000, stream);
        return ArrivalProcesses.Merge(
            CalibrationSeconds,
            [
                ArrivalProcesses.Of(
                    0,
                    ArrivalProcesses.Poisson(rate, CalibrationSeconds, random),
                    () => Math.Max(1, (int)Math.Round(rows))
                ),
            ]
        );
    }

    /// <summary>The linear cost of runs, scaled to their measured cost under load.</summary>
    private static ServiceModel Loaded(
        in ServiceModel line,
        (long Runs, long Rows, double Seconds) before,
        (long Runs, long Rows, double Seconds) after
    )
    {
        const int enough = 10;
        double expected = line.Cost.Seconds(after.Runs - before.Runs, after.Rows - before.Rows);
        double taken = after.Seconds - before.Seconds;
        return after.Runs - before.Runs < enough || expected <= 0 || taken <= 0
            ? line
            : line.Slower(Math.Clamp(taken / expected, 0.3, 5));
    }

    private static Dictionary<int, double> Profile(JsonElement root) =>
        root.GetProperty("runs")
            .EnumerateArray()
            .ToDictionary(run => run.GetProperty("rows").GetInt32(), run => run.GetProperty("seconds").GetDouble());

    private static int Bytes(IEnumerable<TensorMetadata> tensors) =>
        (int)
            Math.Min(
                int.MaxValue,
                tensors.Sum(tensor =>
                    4L * tensor.Shape.Skip(1).Aggregate(1L, (product, dimension) => product * Math.Max(1, dimension))
                )
            );

    private int Show(
        AlignSettings settings,
        LiveModel live,
        MeasuredModel measured,
        IReadOnlyList<AlignmentLine> lines,
        List<AlignmentOutcome> cluster,
        AlignmentOutcome[] twin
    )
    {
        if (settings.Json)
        {
            WriteJson(
                new
                {
                    model = settings.Model,
                    slo_ms = live.SloMs,
                    overhead_ms = measured.OverheadSeconds * 1000,
                    nodes = live.Nodes.Select(
                        (node, n) =>
                            new
                            {
                                node.Name,
                                node.Cores,
                                base_ms = measured.Service[n]?.Cost.BaseSeconds * 1000,
                                ms_per_row = measured.Service[n]?.Cost.SecondsPerRow * 1000,
                            }
                    ),
                    lines = lines.Select(line => new
                    {
                        line.Metric,
                        line.Live,
                        line.Spread,
                        line.Twin,
                        line.Difference,
                        line.Tolerance,
                        line.Holds,
                    }),
                    cluster,
                    twin,
                }
            );
        }
        else
        {
            for (int n = 0; n < live.Nodes.Count; n++)
            {
                if (measured.Service[n] is { } service)
                {
                    WriteLine(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{live.Nodes[n].Name}: {live.Nodes[n].Cores} at once, {live.Nodes[n].Parallelism:F2} "
                                + $"without slowing each other, {service.Cost.BaseSeconds * 1000:F2} ms + "
                                + $"{service.Cost.SecondsPerRow * 1000:F2} ms a row, p95 {service.P95Factor:F2} × the median"
                        )
                    );
                }
            }

            WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the way adds {measured.OverheadSeconds * 1000:F2} ms; objective {live.SloMs:F1} ms"
                )
            );
            Table table = new Table().AddColumns("", "cluster", "its runs", "spread", "twin", "apart", "allowed", "");
            foreach (AlignmentLine line in lines)
            {
                Func<AlignmentOutcome, double> value =
                    line.Metric[0] == 'g' ? outcome => outcome.Goodput
                    : line.Metric.StartsWith("p50", StringComparison.Ordinal) ? outcome => outcome.P50Ms
                    : outcome => outcome.P99Ms;
                table.AddRow(
                    line.Metric,
                    Number(line.Live),
                    string.Join(" ", cluster.Select(value).Select(Number)),
                    Share(line.Spread),
                    Number(line.Twin),
                    Share(line.Difference),
                    Share(line.Tolerance),
                    line.Holds ? "holds" : "apart"
                );
            }

            Console.Write(table);
            WriteLine(
                $"not answered: cluster {string.Join(" ", cluster.Select(outcome => outcome.Refused))}, "
                    + $"twin {string.Join(" ", twin.Select(outcome => outcome.Refused))}"
            );
        }

        return lines.All(line => line.Holds) ? 0 : CliException.Failed;
    }

    private static async Task<string> ModeAsync(ServerConnection server, CancellationToken cancellationToken)
    {
        using JsonDocument agent = await AgentCalls.StateAsync(server, "?limit=1", cancellationToken);
        return agent.RootElement.GetProperty("mode").GetString()!;
    }

    private static string Number(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private static string Share(double value) => value.ToString("P0", CultureInfo.InvariantCulture);

    private static void WriteProgress(string line) => System.Console.Error.WriteLine(line);

    /// <summary>What the cluster says of a model.</summary>
    private sealed record LiveModel(
        IReadOnlyList<MeasuredNode> Nodes,
        int Entry,
        bool[] Serves,
        (long Runs, long Rows, double Seconds)[] Counts,
        double SloMs,
        int MaxRows,
        string LoadBalance
    )
    {
        public static async Task<LiveModel> ReadAsync(
            ServerConnection server,
            string model,
            CancellationToken cancellationToken
        )
        {
            using JsonDocument state = await ClusterCalls.StateAsync(server, cancellationToken);
            JsonElement[] nodes = [.. state.RootElement.GetProperty("nodes").EnumerateArray()];
            JsonElement?[] replicas =
            [
                .. nodes.Select(node =>
                    node.GetProperty("replicas")
                        .EnumerateArray()
                        .Where(replica => replica.GetProperty("model").GetString() == model)
                        .Select(replica => (JsonElement?)replica)
                        .FirstOrDefault()
                ),
            ];
            JsonElement first =
                Array.Find(replicas, replica => replica is not null)
                ?? throw new CliException($"no node serves model '{model}'");
            string self = state.RootElement.GetProperty("node").GetString()!;
            return new LiveModel(
                [
                    .. nodes.Select(
                        (node, n) =>
                            new MeasuredNode(
                                node.GetProperty("name").GetString()!,
                                Math.Max(1, replicas[n]?.GetProperty("instances").GetInt32() ?? 1),
                                node.GetProperty("link_mbps").GetDouble()
                            )
                    ),
                ],
                Array.FindIndex(nodes, node => node.GetProperty("name").GetString() == self),
                [.. replicas.Select(replica => replica is not null)],
                [
                    .. replicas.Select(replica =>
                        replica is { } counted
                            ? (
                                counted.GetProperty("runs").GetInt64(),
                                counted.GetProperty("rows").GetInt64(),
                                counted.GetProperty("run_seconds").GetDouble()
                            )
                            : default
                    ),
                ],
                first.GetProperty("slo_ms").GetDouble(),
                Math.Max(1, first.GetProperty("max_rows").GetInt32()),
                state
                    .RootElement.GetProperty("models")
                    .EnumerateArray()
                    .Where(each => each.GetProperty("name").GetString() == model)
                    .Select(each => each.GetProperty("load_balance").GetString()!)
                    .FirstOrDefault("least_expected_work")
            );
        }
    }
}
