using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Training.Agents;

/// <summary>A simulated world and its requests, on which a policy is trained or evaluated.</summary>
/// <param name="World">Nodes, models, law.</param>
/// <param name="Requests">What comes.</param>
/// <param name="Options">Seed and telemetry.</param>
internal sealed record PolicyTask(WorldSpec World, Workload Requests, SimulationOptions Options)
{
    /// <summary>The scenarios, the easiest first: a curriculum.</summary>
    private static readonly string[] s_curriculum = ["ads", "social", "cloud", "trading", "bigdata"];

    /// <summary>
    /// Draws a random task. Its scenario has the models' costs, intensities and objectives drawn anew, and its cluster
    /// 2 to 6 nodes of a random shape. Its law is linear with random interference and noise, and never the law by which
    /// agents are judged. Its load is 30 % to 85 % of capacity.
    /// </summary>
    /// <param name="seed">Its seed.</param>
    /// <param name="progress">How far training is, 0 to 1: scenarios join until 0.3.</param>
    /// <param name="seconds">Simulated seconds.</param>
    public static PolicyTask Draw(long seed, double progress, double seconds)
    {
        SimulationRandom random = new(seed, 7);
        int known = Math.Clamp(
            (int)Math.Ceiling(s_curriculum.Length * (progress + 0.06) / 0.3),
            1,
            s_curriculum.Length
        );
        Scenario scenario = Scenarios.Find(s_curriculum[random.Next(known)]);
        WorldModel[] models =
        [
            .. scenario.Models.Select(model =>
                model with
                {
                    Cost = new BatchCost(
                        model.Cost.BaseSeconds * random.Noise(0.5),
                        model.Cost.SecondsPerRow * random.Noise(0.5)
                    ),
                    SloSeconds = model.SloSeconds * random.Noise(0.4),
                    Intensity = 0.1 + (0.9 * random.NextDouble()),
                }
            ),
        ];
        string shape = ClusterShape.Names[random.Next(ClusterShape.Names.Count)];
        WorldSpec world = new(
            ClusterShape.Nodes(shape, 2 + random.Next(5), models),
            models,
            new LinearLaw(0.8 * random.NextDouble(), 0.05 + (0.2 * random.NextDouble()))
        );
        return new PolicyTask(
            world,
            scenario.Generate(world, seconds, 0.3 + (0.55 * random.NextDouble()), seed),
            new SimulationOptions
            {
                Seed = seed,
                WarmupSeconds = 1,
                TelemetryDelaySeconds = random.NextDouble(),
            }
        );
    }

    /// <summary>Runs a policy on it.</summary>
    public SimulationResult Run(SimulatedPolicy policy) => SimulatedCluster.Run(World, Requests, policy, Options);
}
