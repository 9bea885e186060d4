namespace OrleansInference.Scheduling.Admission;

/// <summary>What serves a model, all replicas together.</summary>
/// <param name="RowsPerSecond">Rows a second with full batches; 0 where nothing was measured.</param>
/// <param name="OwnSeconds">Seconds that one row takes where nobody waits.</param>
/// <param name="WaitSeconds">Seconds that the least busy replica is known to keep a request waiting.</param>
/// <param name="MaxOutstanding">Most requests that may wait or run.</param>
public readonly record struct ServiceCapacity(
    double RowsPerSecond,
    double OwnSeconds,
    double WaitSeconds,
    long MaxOutstanding
);
