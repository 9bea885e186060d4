namespace OrleansInference.Scheduling.Batching;

/// <summary>How fast a replica serves with full batches.</summary>
/// <param name="Cost">The time of a run.</param>
/// <param name="RowsPerBatch">Rows of a full batch, at least 1.</param>
/// <param name="Concurrency">Batches that run at once, at least 1.</param>
public readonly record struct ServiceRate(BatchCost Cost, int RowsPerBatch, int Concurrency)
{
    /// <summary>Seconds that a batch waits for a thread that other models use, ≥ 0.</summary>
    public double TurnWaitSeconds { get; init; }

    /// <summary>Seconds of a full batch.</summary>
    public double SecondsPerBatch => Cost.Seconds(RowsPerBatch);

    /// <summary>Seconds that a row costs in a full batch.</summary>
    public double SecondsPerRow => (SecondsPerBatch + TurnWaitSeconds) / RowsPerBatch;

    /// <summary>Rows a second, all batches together; 0 where nothing was measured.</summary>
    public double RowsPerSecond => Cost.IsKnown ? Concurrency / SecondsPerRow : 0;

    /// <summary>How fast the replica serves with these knobs and this cost.</summary>
    public static ServiceRate From(BatchLimits limits, BatchCost cost) =>
        new(cost, BatchPolicy.Cap(limits, cost), Math.Max(1, limits.Concurrency));

    /// <summary>
    /// Seconds of a request's own rows, where nothing is ahead of it: one run, or several of full batches side by side.
    /// </summary>
    public double OwnSeconds(int rows) =>
        rows <= RowsPerBatch
            ? Cost.Seconds(rows)
            : Math.Max(SecondsPerBatch, rows * SecondsPerBatch / RowsPerBatch / Concurrency);
}
