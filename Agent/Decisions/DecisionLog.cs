using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Decisions;

/// <summary>The last decisions, newest last. Thread-safe.</summary>
public sealed class DecisionLog(int capacity)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<AgentDecision> _decisions = new();
    private long _next = 1;

    /// <summary>How often anything was added or changed: for readers that wait for news.</summary>
    public long Revision { get; private set; }

    /// <summary>All of them.</summary>
    public AgentDecision[] All
    {
        get
        {
            lock (_lock) return [.. _decisions];
        }
    }

    /// <summary>Adds one and gives it its number.</summary>
    public AgentDecision Add(AgentDecision decision)
    {
        lock (_lock)
        {
            AgentDecision numbered = decision with { Id = _next++ };
            _decisions.AddLast(numbered);
            if (_decisions.Count > capacity) _decisions.RemoveFirst();
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
                if (node.Value.Id != id) continue;
                node.Value = change(node.Value);
                Revision++;
                return true;
            }

            return false;
        }
    }
}
