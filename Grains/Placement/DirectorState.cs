using System.Collections.Immutable;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Grains.Placement;

/// <summary>The director's state in grain storage: its last plan, and what operators asked for.</summary>
[GenerateSerializer]
[Alias("OrleansInference.DirectorState")]
internal sealed record DirectorState
{
    /// <summary>The plan in force.</summary>
    [Id(0)]
    public ClusterPlan Plan { get; init; } = ClusterPlan.Empty;

    /// <summary>The models to serve.</summary>
    [Id(1)]
    public ImmutableSortedDictionary<string, DesiredModel> Desired { get; init; } =
        ImmutableSortedDictionary<string, DesiredModel>.Empty.WithComparers(StringComparer.Ordinal);

    /// <summary>What operators fixed, by model.</summary>
    [Id(2)]
    public ImmutableDictionary<string, ModelPin> Pins { get; init; } = ImmutableDictionary<string, ModelPin>.Empty;

    /// <summary>Names of nodes that operators want empty.</summary>
    [Id(3)]
    public ImmutableHashSet<string> Drained { get; init; } = [];

    /// <summary>What operators let the agent do; null for what is configured.</summary>
    [Id(4)]
    public AgentMode? Mode { get; init; }

    /// <summary>The last decisions that changed something or were to.</summary>
    [Id(5)]
    public ImmutableArray<AgentDecision> Decisions { get; init; } = [];
}
