using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Trials;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Tests.Cluster;

public sealed class NodeAgentsTests
{
    /// <summary>Both look at the same moments, at one replica: they must see the same numbers.</summary>
    [Fact]
    public void Tune_ARunOfRequests_SeesWhatTheDirectorsWindowSays()
    {
        Observed observed = new();
        WorldSpec world = new(
            [new WorldNode { Name = "n0", Cores = 2 }],
            [new WorldModel { Name = "m0", SloSeconds = 0.03 }],
            new LinearLaw(Variation: 0.2)
        );
        IEnumerable<double> times = ArrivalProcesses.Poisson(300, 10, new SimulationRandom(3));

        SimulatedCluster.Run(
            world,
            ArrivalProcesses.Merge(10, [ArrivalProcesses.Of(0, times)]),
            new SimulatedPolicy { Planner = observed, Tuner = () => observed },
            new SimulationOptions { LookSeconds = 1, FastSeconds = 1 }
        );

        Assert.Equal(10, observed.Tuned.Count);
        Assert.Equal(observed.Windows, observed.Tuned);
        Assert.All(observed.Tuned, look => Assert.True(look.Requests > 0 && look.Rows > 0 && look.RunSeconds > 0));
        Assert.Contains(observed.Tuned, look => look.Violations > 0);
    }

    [Fact]
    public void Tune_TwoReplicasOfANode_EachSeesTheOthersApart()
    {
        List<ReplicaView> views = [];
        SimulatedPolicy policy = new()
        {
            Planner = new FixedPlanner(ClusterPlan.Empty),
            Tuner = () => new Recorder(views),
        };
        TwinParts twin = new(nodes: 1, models: 2, policy: policy);
        ClusterPlan first = TwinParts.PlanOf(0, 0);
        twin.Serve(first with { Models = [.. first.Models, .. TwinParts.PlanOf(1, 0).Models] });
        twin.Gateways.Arrive(new Arrival(0, 0, 1));
        twin.Gateways.Arrive(new Arrival(0, 0, 1));
        twin.Gateways.Arrive(new Arrival(0, 1, 1));
        twin.RunUntil(1);

        twin.Agents.Tune();
        twin.Agents.Tune();

        Assert.Equal([(2, 1), (1, 2), (0, 0), (0, 0)], views.Select(view => (view.Requests, view.OtherRequests)));
    }

    /// <summary>A planner and a tuner that write down what they are shown.</summary>
    private sealed class Observed : IPlanner, IReplicaTuner
    {
        private readonly ReplicateWhereItFits _planner = new();

        public List<ReplicaCounters> Windows { get; } = [];

        public List<ReplicaCounters> Tuned { get; } = [];

        public ClusterPlan Plan(ClusterObservation observation, ClusterPlan current)
        {
            if (observation.Window.Seconds > 0)
            {
                Windows.Add(observation.Window.Replicas.Single().Since with { Bytes = 0 });
            }
            return _planner.Plan(observation, current);
        }

        public ReplicaKnobs Tune(in ReplicaView view)
        {
            Tuned.Add(
                new ReplicaCounters
                {
                    Requests = view.Requests,
                    Violations = view.Violations,
                    Runs = view.Runs,
                    Rows = view.Rows,
                    RunSeconds = view.RunSeconds,
                }
            );
            return view.Planned;
        }
    }

    private sealed class Recorder(List<ReplicaView> views) : IReplicaTuner
    {
        public ReplicaKnobs Tune(in ReplicaView view)
        {
            views.Add(view);
            return view.Planned;
        }
    }
}
