namespace OrleansInference.Scheduling.Admission;

/// <summary>
/// Refuses at once what can no longer meet its deadline, so that no capacity is spent on an answer nobody waits for.
/// Pure: the silo and the simulator call the same function.
/// </summary>
public static class DeadlineAdmission
{
    /// <summary>
    /// What a wait may take beyond its prediction, as a share of it: batches are not always full, and the answer must still
    /// get to its caller. A request that is let in and then late is served for nobody.
    /// </summary>
    public const double WaitMargin = 0.2;

    /// <summary>
    /// Predicts when a request would finish if it were queued now and compares that with its deadline.
    /// finish = now + (rows ahead ÷ rows a batch × (seconds a batch + its wait for a thread)) ÷ concurrent runs + the wait for
    /// a thread + seconds of its own batch, and half a batch for the runs under way when all are busy. Admits where that and a fifth of the wait are in time.
    /// </summary>
    /// <param name="load">What is ahead of the request.</param>
    /// <param name="now">The current time on the clock of <paramref name="deadline"/>.</param>
    /// <param name="deadline">When the answer must be there.</param>
    /// <returns>The predicted finish, and whether to admit. Without measurements only a passed deadline refuses.</returns>
    public static AdmissionDecision Decide(in ReplicaLoad load, TimeSpan now, TimeSpan deadline)
    {
        TimeSpan finish = now, margin = TimeSpan.Zero;
        if (load.SecondsPerBatch > 0)
        {
            double batchesAhead = (double)load.RowsAhead / Math.Max(1, load.RowsPerBatch);
            double running = load.RunsUnderWay >= load.Concurrency ? load.SecondsPerBatch / 2 : 0;
            double wait = (batchesAhead * (load.SecondsPerBatch + load.TurnWaitSeconds) / Math.Max(1, load.Concurrency)) + (running / Math.Max(1, load.Concurrency)) + load.TurnWaitSeconds;
            margin = TimeSpan.FromSeconds(wait * WaitMargin);
            finish = now + TimeSpan.FromSeconds(wait + load.OwnSeconds);
        }

        return new AdmissionDecision(finish + margin < deadline, finish);
    }
}
