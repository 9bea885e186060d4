using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Decisions;

/// <summary>The last decisions, newest last. Thread-safe.</summary>
public sealed class DecisionLog
{
    private readonly Lock _lock = new();
    private readonly LinkedList<AgentDecision> _decisions = new();
    private readonly int _capacity;
    private readonly Func<DateTimeOffset>? _clock;
    private long _next = 1;

    /// <summary>Creates it.</summary>
    /// <param name="capacity">Most decisions that it keeps.</param>
    /// <param name="clock">What decisions are dated by; null for not at all.</param>
    /// <param name="known">Decisions of before.</param>
    public DecisionLog(int capacity, Func<DateTimeOffset>? clock = null, IEnumerable<AgentDecision>? known = null)
    {
        _capacity = capacity;
        _clock = clock;
        foreach (AgentDecision decision in known ?? [])
        {
            _decisions.AddLast(decision);
            _next = Math.Max(_next, decision.Id + 1);
        }
    }

    /// <summary>How often anything was added or changed: for readers that wait for news.</summary>
    public long Revision { get; private set; }

    /// <summary>All of them.</summary>
    public AgentDecision[] All
    {
        get
        {
            lock (_lock)
            {
                return [.. _decisions];
            }
        }
    }

    /// <summary>Adds one and gives it its number.</summary>
    public AgentDecision Add(AgentDecision decision)
    {
        lock (_lock)
        {
            AgentDecision numbered = decision with { Id = _next++, At = _clock?.Invoke() ?? default };
            _decisions.AddLast(numbered);
            if (_decisions.Count > _capacity)
            {
                _decisions.RemoveFirst();
            }
            Revision++;
            return numbered;
        }
    }

    /// <summary>Changes one.</summary>
    /// <returns>False where it is not remembered any more.</returns>
    public bool Change(long id, Func<AgentDecision, AgentDecision> change)
    {
        lock (_lock)
        {
            for (LinkedListNode<AgentDecision>? node = _decisions.Last; node is not null; node = node.Previous)
            {
                if (node.Value.Id != id)
                {
                    continue;
                }
                node.Value = change(node.Value);
                Revision++;
                return true;
            }

            return false;
        }
    }
}
