using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Prediction;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;
using Parquet.Serialization;

namespace OrleansInference.Simulation.Recorded;

/// <summary>What silos have recorded (<c>Recording:Folder</c>), as a world of the twin and its requests.</summary>
/// <param name="World">Nodes and models; runs take what was measured, for each pair of model and node.</param>
/// <param name="Requests">The requests, by the world's models.</param>
public sealed record RecordedCluster(WorldSpec World, Workload Requests)
{
    private const double DefaultSloSeconds = 1;
    private const double PauseMs = 3000;

    /// <summary>Reads the requests alone.</summary>
    /// <param name="source">A folder of recorded files, or one of its <c>requests-*.parquet</c>.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="TraceFormatException">There is nothing to read.</exception>
    public static async Task<(Workload Workload, string[] Models)> ReadRequestsAsync(
        string source,
        CancellationToken cancellationToken
    )
    {
        List<RecordedRow> rows = await ReadAsync<RecordedRow>(source, "requests", cancellationToken)
            .ConfigureAwait(false);
        if (rows.Count == 0)
        {
            throw new TraceFormatException(
                $"'{source}' has no recorded requests (requests-*.parquet): name the folder of Recording:Folder"
            );
        }
        string[] models = [.. rows.Select(row => row.Model).Distinct().Order(StringComparer.Ordinal)];
        double first = rows.Min(row => row.ArrivedAt);
        Arrival[] arrivals =
        [
            .. rows.Select(row => new Arrival(
                    (long)((row.ArrivedAt - first) * TimeSpan.TicksPerMillisecond),
                    Array.IndexOf(models, row.Model),
                    Math.Max(1, row.Rows)
                ))
                .OrderBy(arrival => arrival.At)
                .ThenBy(arrival => arrival.Model),
        ];
        return (new Workload(arrivals, (arrivals[^1].At / (double)TimeSpan.TicksPerSecond) + 0.001), models);
    }

    /// <summary>Reads everything.</summary>
    /// <param name="folder">The folder of recorded files.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="TraceFormatException">There is nothing to read, or a model's runs were never
    /// recorded.</exception>
    public static async Task<RecordedCluster> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        (Workload requests, string[] models) = await ReadRequestsAsync(folder, cancellationToken).ConfigureAwait(false);
        List<RecordedSecond> seconds = await ReadAsync<RecordedSecond>(folder, "replicas", cancellationToken)
            .ConfigureAwait(false);
        RecordedNodeRow[] nodes =
        [
            .. (await ReadAsync<RecordedNodeRow>(folder, "nodes", cancellationToken).ConfigureAwait(false))
                .GroupBy(node => node.Node)
                .Select(node => node.Last())
                .OrderBy(node => node.Node, StringComparer.Ordinal),
        ];
        if (nodes.Length == 0)
        {
            throw new TraceFormatException($"'{folder}' has no recorded nodes (nodes-*.parquet)");
        }
        Dictionary<(string Model, string Node), ServiceModel> services = seconds
            .GroupBy(second => (second.Model, second.Node))
            .Select(replica => (replica.Key, Service: Fit([.. replica.OrderBy(second => second.At)])))
            .Where(entry => entry.Service is not null)
            .ToDictionary(entry => entry.Key, entry => entry.Service!.Value);
        WorldNode[] worldNodes =
        [
            .. nodes.Select(
                (node, i) =>
                    new WorldNode
                    {
                        Name = node.Node,
                        Index = i,
                        Cores = Math.Max(1, node.Cores),
                        MemoryBytes = long.MaxValue / 2,
                        LinkMbps = node.LinkMbps > 0 ? node.LinkMbps : 1000,
                    }
            ),
        ];
        List<WorldModel> worldModels = [];
        List<ServiceModel[]> law = [];
        foreach (string model in models)
        {
            ServiceModel[] known =
            [
                .. nodes
                    .Where(node => services.ContainsKey((model, node.Node)))
                    .Select(node => services[(model, node.Node)]),
            ];
            if (known.Length == 0)
            {
                throw new TraceFormatException(
                    $"'{folder}' tells of requests to model '{model}', but not of its runs (replicas-*.parquet)"
                );
            }
            RecordedSecond[] of = [.. seconds.Where(second => second.Model == model)];
            RecordedSecond last = of[^1];
            long bytesPerRow = last.Rows > 0 ? last.Bytes / last.Rows : 0;
            // Where it never ran, it takes what it takes elsewhere on average.
            ServiceModel mean = new(
                BatchCost.Mean([.. known.Select(service => service.Cost)]),
                known.Average(service => service.Interference),
                known.Average(service => service.P95Factor),
                IsMeasured: false
            );
            law.Add([
                .. nodes.Select(node => services.TryGetValue((model, node.Node), out ServiceModel own) ? own : mean),
            ]);
            worldModels.Add(
                new WorldModel
                {
                    Name = model,
                    Index = worldModels.Count,
                    Cost = mean.Cost,
                    Intensity = 1,
                    MaxRows = Math.Max(1, last.MaxRows),
                    MemoryBytes = Math.Max(1, last.MemoryBytes),
                    SloSeconds = last.SloMs > 0 ? last.SloMs / 1000 : DefaultSloSeconds,
                    RequestBytes = (int)Math.Min(int.MaxValue, bytesPerRow / 2),
                    AnswerBytes = (int)Math.Min(int.MaxValue, bytesPerRow / 2),
                }
            );
        }

        return new RecordedCluster(new WorldSpec(worldNodes, worldModels, new MeasuredLaw([.. law])), requests);
    }

    /// <summary>
    /// What the agent's own estimate makes of a model's recorded seconds on a node; null where it never ran.
    /// </summary>
    private static ServiceModel? Fit(RecordedSecond[] seconds)
    {
        ReplicaCounters[] steps = [.. Steps(seconds)];
        ReplicaCounters all = steps.Aggregate(default(ReplicaCounters), (sum, step) => sum.Plus(step));
        if (all.Runs <= 0 || all.Rows <= 0)
        {
            return null;
        }
        ServiceEstimate estimate = new(new BatchCost(all.RunSeconds / all.Runs / 2, all.RunSeconds / all.Rows / 2));
        foreach (ReplicaCounters step in steps)
        {
            estimate.Observe(step.Runs, step.Rows, step.RunSeconds, coRunners: 0);
        }

        return estimate.Current;
    }

    /// <summary>
    /// What was done from each second to the next, each version compared with itself; nothing over a pause or a
    /// restart.
    /// </summary>
    private static IEnumerable<ReplicaCounters> Steps(RecordedSecond[] seconds)
    {
        Dictionary<string, RecordedSecond> last = [];
        foreach (RecordedSecond second in seconds)
        {
            RecordedSecond? before = last.GetValueOrDefault(second.Version);
            last[second.Version] = second;
            if (before is null || second.At - before.At > PauseMs)
            {
                continue;
            }
            ReplicaCounters earlier = before.Counters;
            if (!second.Counters.HasRestartedSince(earlier))
            {
                yield return second.Counters.Minus(earlier);
            }
        }
    }

    private static async Task<List<T>> ReadAsync<T>(string source, string kind, CancellationToken cancellationToken)
        where T : class, new()
    {
        string[] files =
            Directory.Exists(source)
                ? [.. Directory.EnumerateFiles(source, $"{kind}-*.parquet").Order(StringComparer.Ordinal)]
            : File.Exists(source) ? [source]
            : throw new TraceFormatException($"there is no file or folder '{source}'");
        List<T> rows = [];
        foreach (string file in files)
        {
            FileStream stream = File.OpenRead(file);
            await using (stream.ConfigureAwait(false))
            {
                rows.AddRange(
                    (
                        await ParquetSerializer
                            .DeserializeAsync<T>(stream, cancellationToken: cancellationToken)
                            .ConfigureAwait(false)
                    ).Data
                );
            }
        }

        return rows;
    }
}
