namespace OrleansInference.Routing.Snapshots;

/// <summary>
/// What one router knows of a replica's load. Thread-safe; a torn pair of readings only blurs an estimate.
/// </summary>
public sealed class ReplicaLoadState
{
    private const double HalfLifeSeconds = 0.1;

    private int _requests;
    private long _rows;
    private double _seenWait;
    private long _seenAtTicks;

    /// <summary>Requests sent there that are not answered.</summary>
    public int OutstandingRequests => Volatile.Read(ref _requests);

    /// <summary>Their rows.</summary>
    public long OutstandingRows => Interlocked.Read(ref _rows);

    /// <summary>Counts a request in.</summary>
    public void Begin(int rows)
    {
        Interlocked.Increment(ref _requests);
        Interlocked.Add(ref _rows, rows);
    }

    /// <summary>Counts a request out.</summary>
    public void End(int rows)
    {
        Interlocked.Decrement(ref _requests);
        Interlocked.Add(ref _rows, -rows);
    }

    /// <summary>
    /// Notes how long an answered request had waited: others send there too, and only the replica knows.
    /// </summary>
    public void ObserveWait(TimeSpan wait, TimeSpan now)
    {
        Volatile.Write(ref _seenWait, wait.TotalSeconds);
        Volatile.Write(ref _seenAtTicks, now.Ticks);
    }

    /// <summary>The wait last seen, losing half of its weight every 100 ms; seconds.</summary>
    public double SeenWaitSeconds(TimeSpan now)
    {
        double wait = Volatile.Read(ref _seenWait);
        if (wait <= 1e-5)
        {
            return 0;
        }
        double age = (now - TimeSpan.FromTicks(Volatile.Read(ref _seenAtTicks))).TotalSeconds;
        return wait * Math.Pow(2, -Math.Max(0, age) / HalfLifeSeconds);
    }
}
