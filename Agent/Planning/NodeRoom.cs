using OrleansInference.Agent.Observation;

namespace OrleansInference.Agent.Planning;

/// <summary>A node's memory while a plan is made.</summary>
internal sealed class NodeRoom(NodeObservation node)
{
    /// <summary>The node.</summary>
    public NodeObservation Node { get; } = node;

    /// <summary>Bytes that are left.</summary>
    public long Free { get; private set; } = node.MemoryBytes;

    /// <summary>Compute seconds a second that were given to it.</summary>
    public double Load { get; private set; }

    /// <summary>Takes a replica in.</summary>
    public void Take(long bytes, double load) => (Free, Load) = (Free - bytes, Load + load);
}
