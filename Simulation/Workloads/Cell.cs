using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Workloads;

/// <summary>A scenario on a shape of cluster, at a load.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Shape">Shape of the cluster.</param>
/// <param name="Nodes">Its nodes.</param>
/// <param name="Load">Mean work ÷ capacity.</param>
public sealed record Cell(Scenario Scenario, string Shape, int Nodes, double Load)
{
    /// <summary>Seconds of each trace that are not counted.</summary>
    public const double WarmupSeconds = 1;

    /// <summary>What it is called in reports.</summary>
    public string Name => $"{Scenario.Name}, {Nodes} {Shape}, {Load * 100:F0} %";

    /// <summary>The judged world: its law is none that an agent assumes.</summary>
    public WorldSpec World => new(ClusterShape.Nodes(Shape, Nodes, Scenario.Models), Scenario.Models, new HiddenLaw());

    /// <summary>Judges a policy on one trace.</summary>
    /// <param name="policy">The policy, made anew for each trace.</param>
    /// <param name="seed">Seed of the trace; the same for all contestants.</param>
    /// <param name="seconds">Length of the trace.</param>
    /// <param name="options">Incidents and telemetry; null for none.</param>
    public SimulationResult Run(SimulatedPolicy policy, long seed, double seconds, SimulationOptions? options = null) =>
        SimulatedCluster.Run(
            World,
            Trace(seed, seconds),
            policy,
            (options ?? new SimulationOptions()) with
            {
                Seed = seed,
                WarmupSeconds = WarmupSeconds,
            }
        );

    /// <summary>One trace.</summary>
    /// <param name="seed">Its seed.</param>
    /// <param name="seconds">Its length.</param>
    public Workload Trace(long seed, double seconds) => Scenario.Generate(World, seconds, Load, seed);
}
