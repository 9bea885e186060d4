using OrleansInference.Agent.Objective;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>A plan that is considered.</summary>
/// <param name="Name">What it changes; the same change has the same name.</param>
/// <param name="Plan">The plan.</param>
/// <param name="Score">C, D and N in closed form.</param>
/// <param name="Attainment">Share of requests within their objective, in closed form.</param>
public sealed record PlanCandidate(string Name, ClusterPlan Plan, ClusterScore Score, double Attainment)
{
    /// <summary>What candidates are ordered by: attainment first, the objective among equals.</summary>
    public double Value(ObjectiveWeights weights) => Attainment + (0.1 * Score.Total(weights));

    /// <summary>Whether the closed form cannot tell what it gives: one of these is tried each time, by turns.</summary>
    public bool IsStyle { get; init; }
}
