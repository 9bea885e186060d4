using System.Text.Json;
using OrleansInference.Agent.Planning;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Tests.Cluster;

public sealed class DeterminismTests
{
    [Fact]
    public void Run_SameSeed_IsTheSameBitForBitAndAnotherSeedIsNot()
    {
        Assert.Equal(Run(7), Run(7));
        Assert.NotEqual(Run(7), Run(8));
    }

    private static string Run(long seed)
    {
        WorldSpec world = new(
            [
                .. Enumerable
                    .Range(0, 3)
                    .Select(i => new WorldNode
                    {
                        Name = $"n{i}",
                        Cores = 2,
                        Speed = 1 - (0.2 * i),
                    }),
            ],
            [
                .. Enumerable
                    .Range(0, 4)
                    .Select(i => new WorldModel
                    {
                        Name = $"m{i}",
                        Cost = new BatchCost(0.002, 0.003 + (0.002 * i)),
                        SloSeconds = 0.08,
                    }),
            ],
            new HiddenLaw()
        );
        Workload workload = ArrivalProcesses.Merge(
            20,
            [
                .. Enumerable
                    .Range(0, 4)
                    .Select(i =>
                        ArrivalProcesses.Of(i, ArrivalProcesses.Poisson(200, 20, new SimulationRandom(seed, i)))
                    ),
            ]
        );
        SimulationResult result = SimulatedCluster.Run(
            world,
            workload,
            new SimulatedPolicy { Planner = new ReplicateWhereItFits() },
            new SimulationOptions { Seed = seed, Incidents = [new Incident(8, 1, 0.5), new Incident(12, 2, 0)] }
        );
        return JsonSerializer.Serialize(
            result with
            {
                Plan = OrleansInference.Grains.Interfaces.Cluster.ClusterPlan.Empty,
            }
        );
    }
}
