using OrleansInference.Simulation.Cluster;

namespace OrleansInference.Research.Evaluation;

/// <summary>
/// Somebody who is judged: settings that are tuned on the training traces, each with the same budget.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Settings">Its settings by name; the best on the training traces is judged.</param>
public sealed record Contestant(string Name, IReadOnlyList<(string Setting, Func<SimulatedPolicy> Create)> Settings);
