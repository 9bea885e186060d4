using System.Globalization;
using System.Text.Json;
using OrleansInference.Agent.Planning.Search;
using OrleansInference.Cli.Commands.Cluster;
using OrleansInference.Cli.Connection;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;
using Spectre.Console;

namespace OrleansInference.Cli.Commands.Tune;

/// <summary>
/// <c>oinf tune</c>, the source document's <c>optimize_performance</c>: searches variant (θ_M), batch, threads and
/// instances (θ_P) of a model on its live replica. It measures before and after, reports what each parameter
/// contributes, and leaves the result in force on consent.
/// </summary>
internal sealed class TuneCommand(IAnsiConsole console, TextWriter output)
    : ServerCommand<TuneSettings>(console, output)
{
    /// <inheritdoc />
    protected override async Task<int> RunAsync(
        ServerConnection server,
        TuneSettings settings,
        CancellationToken cancellationToken
    )
    {
        using JsonDocument state = await ClusterCalls.StateAsync(server, cancellationToken);
        (JsonElement node, JsonElement replica) = Find(state.RootElement, settings);
        string name = node.GetProperty("name").GetString()!;
        int cores = node.GetProperty("cores").GetInt32();
        int maxRows = Math.Max(1, replica.GetProperty("max_rows").GetInt32());
        double slo = replica.GetProperty("slo_ms").GetDouble();
        LiveSearch live = new(server, name, settings.Model, cores, WriteProgress);
        // The climb is the node's own; what it finds is put back unless it is to stay.
        WriteProgress($"searching on {name}");
        KnobGrid grid = KnobGrid.For(maxRows, cores);
        BatchCost cost = new(
            replica.GetProperty("base_seconds").GetDouble(),
            replica.GetProperty("seconds_per_row").GetDouble()
        );
        KnobSearch search = new(grid, cores, cost, slo / 1000);
        while (search.Next() is { } knobs)
        {
            search.Observe(await live.MeasureAsync(knobs, cancellationToken));
        }
        KnobPoint best = search.Best!.Value;
        foreach (string variant in Variants(replica))
        {
            KnobPoint point = await live.MeasureAsync(best.Knobs with { Variant = variant }, cancellationToken);
            if (point.Score > best.Score)
            {
                best = point;
            }
        }

        ReplicaKnobs found = best.Knobs;
        ReplicaKnobs defaults = Defaults(replica, maxRows, cores);
        ReplicaKnobs plain = KnobGrid.Point(1, 1, 1);
        List<(string, ReplicaKnobs)> reported =
        [
            ("one at a time, no batching", plain),
            ("as it ran", defaults),
            ("found", found),
        ];
        if (found.Variant is not null)
        {
            reported.Add(("θ_M: the variant", found with { Variant = null }));
        }
        if (found.MaxRows > 1)
        {
            reported.Add(("θ_P: batching", found with { MaxRows = 1 }));
        }
        if (found.Threads > 1)
        {
            reported.Add(("θ_P: threads", found with { Threads = 1 }));
        }
        if (found.Instances > 1)
        {
            reported.Add(("θ_P: instances", found with { Instances = 1 }));
        }
        TunedSetting[] measured = await live.CompareAsync(reported, settings.Repeats, cancellationToken);
        // The defaults, where they serve more in time: a tuning never makes it worse.
        bool better = measured[2].GoodputPerSecond >= measured[1].GoodputPerSecond;
        string report = TuneReport.Write(settings.Model, name, slo, measured, (search.Tried.Count, grid.Size));
        if (settings.Out is { } file)
        {
            await File.WriteAllTextAsync(file, report, cancellationToken);
        }
        if (settings.Json)
        {
            WriteJson(
                new
                {
                    model = settings.Model,
                    node = name,
                    slo_ms = slo,
                    tried = search.Tried.Count,
                    grid_size = grid.Size,
                    settings = measured,
                }
            );
        }
        else
        {
            WriteLine(report);
        }
        if (!better && !settings.Json)
        {
            WriteLine("the node's own settings serve more in time than what was found: they stay");
        }
        bool apply =
            better
            && (
                settings.Apply
                || (
                    !settings.Json
                    && Console.Profile.Capabilities.Interactive
                    && await Console.ConfirmAsync("Leave it in force?", defaultValue: false, cancellationToken)
                )
            );
        if (apply)
        {
            using JsonDocument? _ = await server.CallAsync(
                HttpMethod.Post,
                $"/v2/cluster/nodes/{Uri.EscapeDataString(name)}/search/{Uri.EscapeDataString(settings.Model)}",
                "{}",
                cancellationToken: cancellationToken
            );
            if (!settings.Json)
            {
                WriteLine(
                    "a search has set it on the node; it stays in force where plan and configuration leave a "
                        + "setting open"
                );
            }
        }

        return 0;
    }

    private static (JsonElement Node, JsonElement Replica) Find(JsonElement state, TuneSettings settings)
    {
        foreach (
            JsonElement node in state
                .GetProperty("nodes")
                .EnumerateArray()
                .Where(node => settings.Node is null || node.GetProperty("name").GetString() == settings.Node)
        )
        {
            JsonElement replica = node.GetProperty("replicas")
                .EnumerateArray()
                .FirstOrDefault(replica => replica.GetProperty("model").GetString() == settings.Model);
            if (replica.ValueKind == JsonValueKind.Object)
            {
                return (node, replica);
            }
        }

        throw new CliException(
            settings.Node is null
                ? $"no node serves model '{settings.Model}'"
                : $"node '{settings.Node}' does not serve model '{settings.Model}'"
        );
    }

    private static IEnumerable<string> Variants(JsonElement replica) =>
        replica.TryGetProperty("variants", out JsonElement variants)
            ? variants.EnumerateArray().Select(variant => variant.GetString()!)
            : [];

    /// <summary>How it runs now, every setting filled in.</summary>
    private static ReplicaKnobs Defaults(JsonElement replica, int maxRows, int cores)
    {
        JsonElement knobs = replica.GetProperty("knobs");
        int rows = knobs.GetProperty("max_rows").GetInt32();
        return KnobGrid.Point(
            Math.Clamp(rows > 0 ? rows : replica.GetProperty("rows_per_batch").GetInt32(), 1, maxRows),
            Math.Clamp(knobs.GetProperty("threads").GetInt32(), 1, cores),
            Math.Clamp(knobs.GetProperty("instances").GetInt32(), 1, 2 * cores)
        );
    }

    private static void WriteProgress(string line) => System.Console.Error.WriteLine(line);
}
