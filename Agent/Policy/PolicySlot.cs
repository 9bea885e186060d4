namespace OrleansInference.Agent.Policy;

/// <summary>
/// The policy in force, if any: whoever decides reads it each time, so that another one takes over between two
/// decisions. Thread-safe.
/// </summary>
public sealed class PolicySlot
{
    private long _asked;
    private long _departed;
    private volatile LearnedPolicy? _current;

    /// <summary>The policy; null where the planner decides alone.</summary>
    public LearnedPolicy? Current
    {
        get => _current;
        set => _current = value;
    }

    /// <summary>Decisions that a policy was asked for.</summary>
    public long Asked => Interlocked.Read(ref _asked);

    /// <summary>Of those, the ones that were not the default.</summary>
    public long Departed => Interlocked.Read(ref _departed);

    /// <summary>Counts a decision.</summary>
    public void Count(bool departed)
    {
        Interlocked.Increment(ref _asked);
        if (departed)
        {
            Interlocked.Increment(ref _departed);
        }
    }
}
