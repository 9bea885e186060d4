using OrleansInference.Agent.FastLoop;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;
using OrleansInference.Scheduling.Turns;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>A model on a node of the twin: the engine's queue, cost estimate and limits.</summary>
internal sealed class SimulatedReplica(int id, int modelIndex, WorldModel model, SimulatedNode node, BatchLimits configured)
{
    /// <summary>Its number.</summary>
    public int Id { get; } = id;

    /// <summary>Index of its model.</summary>
    public int ModelIndex { get; } = modelIndex;

    /// <summary>Its model.</summary>
    public WorldModel Model { get; } = model;

    /// <summary>Where it lives.</summary>
    public SimulatedNode Node { get; } = node;

    /// <summary>The queue in front of it.</summary>
    public ReplicaQueue<SimulatedRequest> Queue { get; } = new();

    /// <summary>What its runs were measured to take.</summary>
    public BatchCostEstimator Cost { get; } = new();

    /// <summary>What its turns wait for a thread.</summary>
    public TurnWait TurnWait { get; } = new();

    /// <summary>What it starts from.</summary>
    public BatchLimits Configured { get; } = configured;

    /// <summary>What is in force.</summary>
    public BatchLimits Limits { get; set; } = configured;

    /// <summary>The knobs in force.</summary>
    public ReplicaKnobs Knobs { get; set; } = new() { Threads = 1, Instances = node.Spec.Cores };

    /// <summary>The knobs of the plan.</summary>
    public ReplicaKnobs Planned { get; set; } = ReplicaKnobs.Unset;

    /// <summary>Index of its grain.</summary>
    public int GrainIndex { get; set; }

    /// <summary>Whether it can be sent requests.</summary>
    public bool IsReady { get; set; }

    /// <summary>Whether it is being unloaded.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>Turns on the node's threads that are asked for or under way.</summary>
    public int Turns { get; set; }

    /// <summary>When it looks at its queue again, ticks.</summary>
    public long WakeAt { get; set; } = long.MaxValue;

    /// <summary>Its tuner; null where nobody tunes.</summary>
    public IReplicaTuner? Tuner { get; set; }

    /// <summary>Counts since it was loaded.</summary>
    public ReplicaCounts Counts;

    /// <summary>Counts at the last look of the fast loop.</summary>
    public ReplicaCounts Seen;
}
