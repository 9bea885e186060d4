using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Workloads;

/// <summary>A kind of traffic with the models that it asks for.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Title">What it is.</param>
/// <param name="Models">The models.</param>
/// <param name="Generate">Its requests over a number of seconds, at a share of the cluster's capacity, by seed.</param>
public sealed record Scenario(
    string Name,
    string Title,
    IReadOnlyList<WorldModel> Models,
    Func<WorldSpec, double, double, long, Workload> Generate
);
