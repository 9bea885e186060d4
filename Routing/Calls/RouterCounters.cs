namespace OrleansInference.Routing.Calls;

/// <summary>What a router did since it started. Thread-safe.</summary>
public sealed class RouterCounters
{
    private long _local;
    private long _remote;
    private long _retries;
    private long _hedges;
    private long _splits;
    private long _remoteBytes;

    /// <summary>Attempts on the router's own node.</summary>
    public long Local => Interlocked.Read(ref _local);

    /// <summary>Attempts on other nodes.</summary>
    public long Remote => Interlocked.Read(ref _remote);

    /// <summary>Attempts after a failed one.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Second attempts beside a slow one.</summary>
    public long Hedges => Interlocked.Read(ref _hedges);

    /// <summary>Requests that were split.</summary>
    public long Splits => Interlocked.Read(ref _splits);

    /// <summary>Bytes of tensors sent to and received from other nodes.</summary>
    public long RemoteBytes => Interlocked.Read(ref _remoteBytes);

    internal void AddAttempt(bool local) => Interlocked.Increment(ref local ? ref _local : ref _remote);

    internal void AddRetry() => Interlocked.Increment(ref _retries);

    internal void AddHedge() => Interlocked.Increment(ref _hedges);

    internal void AddSplit() => Interlocked.Increment(ref _splits);

    internal void AddBytes(long bytes) => Interlocked.Add(ref _remoteBytes, bytes);
}
