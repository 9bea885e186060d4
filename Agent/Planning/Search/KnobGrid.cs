using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning.Search;

/// <summary>The settings of a replica that a search chooses among.</summary>
/// <param name="Rows">Batch caps, ascending powers of two.</param>
/// <param name="Threads">Intra-op threads.</param>
/// <param name="Instances">Runs side by side.</param>
public sealed record KnobGrid(IReadOnlyList<int> Rows, IReadOnlyList<int> Threads, IReadOnlyList<int> Instances)
{
    /// <summary>How many there are.</summary>
    public int Size => Rows.Count * Threads.Count * Instances.Count;

    /// <summary>All of them.</summary>
    public IEnumerable<ReplicaKnobs> All =>
        from rows in Rows
        from threads in Threads
        from instances in Instances
        select Point(rows, threads, instances);

    /// <summary>The grid for a model on a node.</summary>
    /// <param name="maxRows">Most rows that the model takes, ≥ 1.</param>
    /// <param name="cores">Cores, ≥ 1.</param>
    public static KnobGrid For(int maxRows, int cores)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(cores, 1);
        return new KnobGrid(
            [.. Doubling(Math.Min(maxRows, 128))],
            [.. Doubling(cores)],
            [.. Enumerable.Range(1, Math.Min(8, cores * 2))]
        );
    }

    /// <summary>A setting: work-conserving, as nothing else serves a closed loop better.</summary>
    public static ReplicaKnobs Point(int rows, int threads, int instances) =>
        new()
        {
            MaxRows = rows,
            Threads = threads,
            Instances = instances,
        };

    private static IEnumerable<int> Doubling(int most)
    {
        for (int value = 1; value < most; value *= 2)
        {
            yield return value;
        }
        yield return most;
    }
}
