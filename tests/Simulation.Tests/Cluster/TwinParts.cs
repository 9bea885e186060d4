using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Tests.Cluster;

/// <summary>
/// The parts of a simulated cluster, put together as <see cref="SimulatedCluster"/> does it. Nodes of two cores and room
/// for two models; models whose rows take 10 ms each, of 100 bytes, with an objective of 100 ms.
/// </summary>
internal sealed class TwinParts : IPlanner
{
    public TwinParts(int nodes, int models, SimulationOptions? options = null, SimulatedPolicy? policy = null)
    {
        options ??= new SimulationOptions();
        policy ??= new SimulatedPolicy { Planner = this };
        WorldNode[] allNodes =
        [
            .. Enumerable
                .Range(0, nodes)
                .Select(i => new WorldNode
                {
                    Name = $"n{i}",
                    Cores = 2,
                    MemoryBytes = 200,
                }),
        ];
        WorldModel[] allModels =
        [
            .. Enumerable
                .Range(0, models)
                .Select(i => new WorldModel
                {
                    Name = $"m{i}",
                    Cost = new BatchCost(0, 0.01),
                    MaxRows = 4,
                    MemoryBytes = 100,
                    SloSeconds = 0.1,
                }),
        ];
        WorldSpec world = new(allNodes, allModels, new LinearLaw());
        State = new TwinState(world);
        Tally = new SimulationTally(world, 0);
        SimulationRandom noise = new(1, 1);
        RequestEnds ends = new(Clock, Tally);
        Turns = new EngineTurns(world.Law, Clock, ends, noise, observer: null);
        Gateways = new SimulatedGateways(State, options, Clock, Tally, ends, Turns);
        Reports = new NodeReports(State, options.LookSeconds);
        Loading = new ReplicaLoading(State, policy, Clock, Tally, noise);
        Routes = new RoutePublisher(State, Reports);
        Carrier = new PlanCarrier(State, Loading, Routes);
        Director = new SimulatedDirector(State, policy, ClusterPlan.Empty, Clock, Carrier, Routes);
        Telemetry = new TelemetryChannel(Reports, Director, options, Clock);
        Agents = new NodeAgents(State, Clock, Turns, options.FastSeconds);
        Incidents = new NodeIncidents(State, Clock, Gateways);
    }

    public SimulationClock Clock { get; } = new();

    public TwinState State { get; }

    public SimulationTally Tally { get; }

    public EngineTurns Turns { get; }

    public SimulatedGateways Gateways { get; }

    public NodeReports Reports { get; }

    public ReplicaLoading Loading { get; }

    public RoutePublisher Routes { get; }

    public PlanCarrier Carrier { get; }

    public SimulatedDirector Director { get; }

    public TelemetryChannel Telemetry { get; }

    public NodeAgents Agents { get; }

    public NodeIncidents Incidents { get; }

    /// <summary>The plan that the director makes.</summary>
    public ClusterPlan Wanted { get; set; } = ClusterPlan.Empty;

    /// <summary>What the director was shown, look by look.</summary>
    public List<ClusterObservation> Looks { get; } = [];

    public SimulationResult Result => Tally.Result(1, Wanted, events: 0, capacity: 1);

    /// <summary>A plan of one model on some nodes.</summary>
    public static ClusterPlan PlanOf(int model, ReplicaKnobs knobs, params int[] nodes) =>
        new()
        {
            Models =
            [
                new ModelPlan
                {
                    Name = $"m{model}",
                    Revision = "1",
                    Replicas =
                    [
                        .. nodes.Select(
                            (node, index) => new ReplicaPlan(index, SimulatedNode.AddressOf(node), 1) { Knobs = knobs }
                        ),
                    ],
                },
            ],
        };

    public static ClusterPlan PlanOf(int model, params int[] nodes) => PlanOf(model, ReplicaKnobs.Unset, nodes);

    /// <summary>Has a plan carried out, and what it loads served at once.</summary>
    public void Serve(ClusterPlan plan)
    {
        Wanted = plan;
        Carrier.Apply(plan);
        foreach (SimulatedReplica replica in State.Replicas)
        {
            if (!replica.IsReady)
            {
                Loading.End(replica);
            }
        }

        Clock.Clear();
        Routes.Publish(plan);
    }

    /// <summary>Runs what the calendar has, up to a time; runs that end give their requests back.</summary>
    public void RunUntil(double seconds)
    {
        List<SimulatedRequest> lost = [];
        while (Clock.NextAt <= SimulationClock.ToTicks(seconds))
        {
            SimulatedEvent happens = Clock.TakeNext();
            switch (happens.Kind)
            {
                case EventKind.Delivery:
                    Gateways.Deliver((SimulatedRequest)happens.State!, happens.Target);
                    break;
                case EventKind.BatchEnd:
                    Turns.End((SimulatedBatch)happens.State!, lost);
                    lost.ForEach(Gateways.Lose);
                    lost.Clear();
                    break;
                case EventKind.Wake:
                    Turns.Wake(State.Replicas[happens.Target]);
                    break;
                default:
                    throw new InvalidOperationException($"{happens.Kind} is not of these parts");
            }
        }

        Clock.AdvanceTo(SimulationClock.ToTicks(seconds));
    }

    ClusterPlan IPlanner.Plan(ClusterObservation observation, ClusterPlan current)
    {
        Looks.Add(observation);
        return Wanted;
    }
}
