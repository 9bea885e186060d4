using OrleansInference.Agent.Planning;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Tests.Theory;

/// <summary>One model on one node, with Poisson arrivals and no deadlines: what theory knows about.</summary>
internal static class SingleQueue
{
    public static SimulationResult Run(
        WorldModel model,
        IServiceLaw law,
        int cores,
        double rate,
        double seconds,
        int maxRows,
        long seed = 1,
        bool fill = true
    )
    {
        WorldSpec world = new([new WorldNode { Name = "a", Cores = cores }], [model], law);
        Workload workload = ArrivalProcesses.Merge(
            seconds,
            [ArrivalProcesses.Of(0, ArrivalProcesses.Poisson(rate, seconds, new SimulationRandom(seed)))]
        );
        SimulatedPolicy policy = new()
        {
            Planner = new ReplicateWhereItFits(),
            Admission = AdmissionRule.Room,
            FillToMax = fill,
            MaxRows = maxRows,
        };
        return SimulatedCluster.Run(
            world,
            workload,
            policy,
            new SimulationOptions
            {
                Seed = seed,
                Deadlines = false,
                WarmupSeconds = seconds * 0.02,
                LookSeconds = 1000,
            }
        );
    }

    public static double Poisson(int count, double mean) =>
        Math.Exp((count * Math.Log(mean)) - mean - LogFactorial(count));

    private static double LogFactorial(int n)
    {
        double sum = 0;
        for (int i = 2; i <= n; i++)
        {
            sum += Math.Log(i);
        }
        return sum;
    }
}
