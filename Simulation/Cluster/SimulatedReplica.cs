using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Turns;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>A model on a node of the twin: the schedule that the server keeps too.</summary>
internal sealed class SimulatedReplica(
    int id,
    int modelIndex,
    WorldModel model,
    SimulatedNode node,
    BatchLimits configured,
    AdmissionRule rule
)
{
    /// <summary>Its number.</summary>
    public int Id { get; } = id;

    /// <summary>Index of its model.</summary>
    public int ModelIndex { get; } = modelIndex;

    /// <summary>Its model.</summary>
    public WorldModel Model { get; } = model;

    /// <summary>Where it lives.</summary>
    public SimulatedNode Node { get; } = node;

    /// <summary>What waits and runs there.</summary>
    public ReplicaSchedule<SimulatedRequest> Schedule { get; } = new(configured, new BatchCostEstimator());

    /// <summary>What it starts from.</summary>
    public BatchLimits Configured { get; } = configured;

    /// <summary>Whom it lets in.</summary>
    public QueuePolicy Policy { get; } = new() { SloP99Ms = model.SloSeconds * 1000, Rule = rule };

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

    /// <summary>The time of its schedule that its timer is set for.</summary>
    public TimeSpan WokenFor { get; set; } = TimeSpan.MaxValue;

    /// <summary>When its timer ends, ticks.</summary>
    public long TimerAt { get; set; } = long.MaxValue;

    /// <summary>Its tuner; null where nobody tunes.</summary>
    public IReplicaTuner? Tuner { get; set; }

    /// <summary>What it has done since it was loaded.</summary>
    public ReplicaTally Tally { get; } = new();

    /// <summary>What it had done at the last look of the fast loop.</summary>
    public ReplicaCounters Seen { get; set; }

    /// <summary>What it has done since that look.</summary>
    public ReplicaCounters Since => Tally.Total.Minus(Seen);

    /// <summary>Puts knobs into force, clipped to the node.</summary>
    public void SetKnobs(ReplicaKnobs knobs)
    {
        int cores = Node.Spec.Cores;
        int threads = knobs.Threads > 0 ? Math.Min(knobs.Threads, cores) : 1;
        BatchLimits limits = Configured.With(knobs, threads, cores);
        Schedule.Limits = limits;
        Knobs = knobs with { Threads = threads, Instances = limits.Concurrency };
    }

    /// <summary>Goes from its node, if it serves and is idle.</summary>
    public void TryUnload()
    {
        if (!IsReady || !Schedule.IsIdle)
        {
            return;
        }
        IsReady = false;
        Node.Reserved -= Model.MemoryBytes;
        Node.Replicas.Remove(ModelIndex);
    }
}
