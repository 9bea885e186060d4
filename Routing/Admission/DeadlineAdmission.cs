namespace OrleansInference.Routing.Admission;

/// <summary>
/// Refuses at once what can no longer meet its deadline, so that no capacity is spent on an answer nobody waits for.
/// Pure: the silo and the simulator call the same function.
/// </summary>
public static class DeadlineAdmission
{
    /// <summary>
    /// Predicts when a request would finish if it were queued now and compares that with its deadline.
    /// finish = now + (rows ahead ÷ rows a batch × seconds a batch) ÷ concurrent runs + seconds of its own batch,
    /// and half a batch for the runs under way when all are busy.
    /// </summary>
    /// <param name="load">What is ahead of the request.</param>
    /// <param name="now">The current time on the clock of <paramref name="deadline"/>.</param>
    /// <param name="deadline">When the answer must be there.</param>
    /// <returns>The predicted finish, and whether to admit. Without measurements only a passed deadline refuses.</returns>
    public static AdmissionDecision Decide(in ReplicaLoad load, TimeSpan now, TimeSpan deadline)
    {
        TimeSpan finish = now;
        if (load.SecondsPerBatch > 0)
        {
            double batchesAhead = (double)load.RowsAhead / Math.Max(1, load.RowsPerBatch);
            double running = load.RunsUnderWay >= load.Concurrency ? load.SecondsPerBatch / 2 : 0;
            double wait = (batchesAhead * load.SecondsPerBatch / Math.Max(1, load.Concurrency)) + (running / Math.Max(1, load.Concurrency));
            finish = now + TimeSpan.FromSeconds(wait + load.OwnSeconds);
        }

        return new AdmissionDecision(finish < deadline, finish);
    }
}
