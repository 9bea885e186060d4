using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Planning.Changes;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>A plan that is considered.</summary>
/// <param name="Change">What it changes; the same change is equal.</param>
/// <param name="Plan">The plan.</param>
/// <param name="Score">C, D and N in closed form.</param>
/// <param name="Attainment">Share of requests within their objective, in closed form.</param>
public sealed record PlanCandidate(PlanChange Change, ClusterPlan Plan, ClusterScore Score, double Attainment)
{
    /// <summary>
    /// What a point of C, D and N is worth beside one of attainment: little, as the latency objective comes first.
    /// </summary>
    public const double ScoreWeight = 0.1;

    /// <summary>What a user reads of it.</summary>
    public string Name => ChangeText.Describe(Change);

    /// <summary>What candidates are ordered by: attainment first, the objective among equals.</summary>
    public double Value(ObjectiveWeights weights) => Attainment + (ScoreWeight * Score.Total(weights));

    /// <summary>Whether the closed form cannot tell what it gives: one of these is tried each time, by turns.</summary>
    public bool IsStyle { get; init; }
}
