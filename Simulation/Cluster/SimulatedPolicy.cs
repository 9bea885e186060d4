using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Planning;
using OrleansInference.Scheduling.Admission;

namespace OrleansInference.Simulation.Cluster;

/// <summary>Who decides in a simulated cluster: the very classes of production.</summary>
public sealed record SimulatedPolicy
{
    /// <summary>Where models live.</summary>
    public required IPlanner Planner { get; init; }

    /// <summary>Who sets knobs on the nodes, one for each replica; null for nobody.</summary>
    public Func<IReplicaTuner>? Tuner { get; init; }

    /// <summary>Which requests are let in.</summary>
    public AdmissionRule Admission { get; init; } = AdmissionRule.Deadline;

    /// <summary>Batches fill to the model's maximum, as where dynamic batching is configured.</summary>
    public bool FillToMax { get; init; }

    /// <summary>How long the head of a queue waits for company where nobody sets it; seconds.</summary>
    public double DelaySeconds { get; init; }

    /// <summary>Cap of a batch where nobody sets it; 0 for the batch policy's own choice.</summary>
    public int MaxRows { get; init; }

    /// <summary>Runs of a model side by side where nobody sets it; 0 for one a core.</summary>
    public int Instances { get; init; }

    /// <summary>How requests are divided; null for the planner's choice.</summary>
    public string? LoadBalance { get; init; }
}
