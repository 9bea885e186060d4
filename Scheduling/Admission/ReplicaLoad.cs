namespace OrleansInference.Scheduling.Admission;

/// <summary>What stands between a new request and its answer at one replica.</summary>
/// <param name="RowsAhead">Rows queued that would run before it.</param>
/// <param name="RunsUnderWay">Batches running now.</param>
/// <param name="Concurrency">Batches that may run at once, at least 1.</param>
/// <param name="RowsPerBatch">Rows of a full batch, at least 1.</param>
/// <param name="SecondsPerBatch">Measured seconds of a full batch; 0 when nothing has been measured.</param>
/// <param name="OwnSeconds">Measured seconds of the request's own rows.</param>
public readonly record struct ReplicaLoad(
    long RowsAhead, int RunsUnderWay, int Concurrency, int RowsPerBatch, double SecondsPerBatch, double OwnSeconds)
{
    /// <summary>Measured seconds that a batch waits for a thread that other models use.</summary>
    public double TurnWaitSeconds { get; init; }
}
