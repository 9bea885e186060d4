using System.Diagnostics.CodeAnalysis;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Routing.Health;

/// <summary>
/// What one router knows of a node. A node is ejected at its first connection failure: nothing new is sent there, what
/// is under way is given up and sent elsewhere, and it comes back when a probe is answered. Thread-safe.
/// </summary>
[SuppressMessage(
    "Reliability",
    "CA1001",
    Justification = "A source without a timer holds nothing, and tokens of it outlive every owner."
)]
public sealed class NodeState(NodeRoute route, bool isLocal)
{
    private readonly Lock _lock = new();
    private CancellationTokenSource _lost = new();
    private long _ejectedAtTicks = -1;
    private long _lastSignTicks;
    private int _outstanding;

    /// <summary>Where it is.</summary>
    public NodeRoute Route { get; } = route;

    /// <summary>Its address for other silos.</summary>
    public SiloAddress Address => Route.Address;

    /// <summary>Whether it is the router's own.</summary>
    public bool IsLocal { get; } = isLocal;

    /// <summary>Whether nothing is to be sent there.</summary>
    public bool IsEjected => Volatile.Read(ref _ejectedAtTicks) >= 0;

    /// <summary>When it was ejected; <see cref="TimeSpan.MaxValue"/> where it was not.</summary>
    public TimeSpan EjectedAt =>
        Volatile.Read(ref _ejectedAtTicks) is var ticks and >= 0 ? TimeSpan.FromTicks(ticks) : TimeSpan.MaxValue;

    /// <summary>Calls under way.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>Cancelled when the node is ejected; a new one after it came back.</summary>
    public CancellationToken Lost
    {
        get
        {
            lock (_lock)
            {
                return _lost.Token;
            }
        }
    }

    /// <summary>When it answered last, or got the first of the calls under way; the router's clock.</summary>
    public TimeSpan LastSign => TimeSpan.FromTicks(Volatile.Read(ref _lastSignTicks));

    /// <summary>When it was probed last.</summary>
    internal TimeSpan ProbedAt { get; set; }

    /// <summary>Probes in a row that timed out.</summary>
    internal int Timeouts { get; set; }

    /// <summary>Counts a call in.</summary>
    public void BeginRequest(TimeSpan now)
    {
        // A node that was idle owed no sign: its silence counts from the first call on.
        if (Interlocked.Increment(ref _outstanding) == 1)
        {
            ObserveAnswer(now);
        }
    }

    /// <summary>Counts a call out.</summary>
    public void EndRequest() => Interlocked.Decrement(ref _outstanding);

    /// <summary>It gave a sign of life.</summary>
    public void ObserveAnswer(TimeSpan now) => Volatile.Write(ref _lastSignTicks, now.Ticks);

    /// <summary>Ejects it; false where it was already.</summary>
    public bool Eject(TimeSpan now)
    {
        CancellationTokenSource lost;
        lock (_lock)
        {
            // The router's own node is called in process, where no connection can fail.
            if (_ejectedAtTicks >= 0 || IsLocal)
            {
                return false;
            }
            Volatile.Write(ref _ejectedAtTicks, Math.Max(0, now.Ticks));
            lost = _lost;
        }

        // Outside the lock, since what is cancelled goes on right here and may come back to this node.
        lost.Cancel();
        return true;
    }

    /// <summary>A probe was answered: it takes requests again.</summary>
    public bool Readmit()
    {
        lock (_lock)
        {
            if (_ejectedAtTicks < 0)
            {
                return false;
            }
            // First the source: whoever sees the node back must not get a token that is cancelled.
            _lost = new CancellationTokenSource();
            Volatile.Write(ref _ejectedAtTicks, -1);
            return true;
        }
    }
}
