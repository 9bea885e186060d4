using Orleans.Runtime;
using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Trials;

/// <summary>
/// Tries plans in the twin, with what the predictor believes: requests come as a Poisson process that jumps between the
/// expected rate and its 95th percentile. No agent decides inside.
/// </summary>
public sealed class TwinTrial : IPlanTrial
{
    private const double LongestSeconds = 20;
    private const double EventsPerRequest = 3;

    private long _events;

    /// <summary>Events of all trials so far.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <inheritdoc />
    public TrialResult Try(PredictedCluster cluster, ClusterPlan plan, long seed, long maxEvents)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(plan);
        WorldSpec world = World(cluster);
        double perSecond = cluster.Models.Sum(model => model.RowsPerSecond / model.RowsPerRequest);
        double seconds = Math.Clamp(maxEvents / Math.Max(1, perSecond * EventsPerRequest), 0.5, LongestSeconds);
        IEnumerable<Arrival> requests = ArrivalProcesses.InOrder(
            cluster.Models.Select((model, i) => Requests(model, i, seconds, seed))
        );
        SimulatedPolicy policy = new()
        {
            Planner = new FixedPlanner(Addressed(plan, cluster)),
            Tuner = () => new RunLengthTuner(),
        };
        SimulationResult result = SimulatedCluster.Run(
            world,
            requests,
            seconds,
            policy,
            new SimulationOptions
            {
                Seed = seed,
                WarmupSeconds = Math.Min(0.5, seconds * 0.1),
                // Beyond the end: what is tried is this plan, and nobody plans over it.
                LookSeconds = LongestSeconds * 2,
                MaxEvents = maxEvents * 2,
            }
        );
        Interlocked.Add(ref _events, result.Events);
        return new TrialResult(result.Score, result.SloAttainment, result.Requests);
    }

    private static WorldSpec World(PredictedCluster cluster) =>
        new(
            [
                .. cluster.Nodes.Select(
                    (node, i) =>
                        new WorldNode
                        {
                            Name = node.Name,
                            Index = i,
                            Cores = node.Cores,
                            // Whether a plan fits is PlanMask's to say. Half of the largest number, so that no sum with
                            // it overflows.
                            MemoryBytes = long.MaxValue / 2,
                            LinkMbps = node.LinkMbps > 0 ? node.LinkMbps : 1000,
                        }
                ),
            ],
            [
                .. cluster.Models.Select(
                    (model, i) =>
                        new WorldModel
                        {
                            Name = model.Name,
                            Index = i,
                            Cost = BatchCost.Mean([.. model.Service.Select(service => service.Cost)]),
                            Intensity = 1,
                            MaxRows = model.MaxRows,
                            MemoryBytes = model.MemoryBytes,
                            // A trial asks what a plan is worth once it is in place.
                            LoadSeconds = 0,
                            SloSeconds = model.SloSeconds,
                            RequestBytes = (int)Math.Clamp(model.BytesPerRow / 2, 0, int.MaxValue),
                            AnswerBytes = (int)Math.Clamp(model.BytesPerRow / 2, 0, int.MaxValue),
                        }
                ),
            ],
            new MeasuredLaw([.. cluster.Models.Select(model => model.Service.ToArray())])
        );

    /// <summary>The plan with the twin's own addresses.</summary>
    private static ClusterPlan Addressed(ClusterPlan plan, PredictedCluster cluster)
    {
        Dictionary<SiloAddress, SiloAddress> addresses = cluster
            .Nodes.Select((node, i) => (node.Address, Twin: SimulatedNode.AddressOf(i)))
            .ToDictionary(pair => pair.Address, pair => pair.Twin);
        return plan with
        {
            Nodes = [],
            Models =
            [
                .. plan.Models.Select(model =>
                    model with
                    {
                        Revision = "1",
                        Replicas =
                        [
                            .. model
                                .Replicas.Where(replica => addresses.ContainsKey(replica.Node))
                                .Select(replica => replica with { Node = addresses[replica.Node] }),
                        ],
                    }
                ),
            ],
        };
    }

    private static IEnumerable<Arrival> Requests(PredictedModel model, int index, double seconds, long seed)
    {
        double rate = model.RowsPerSecond / model.RowsPerRequest;
        double peak = Math.Clamp(model.RowsPerSecond <= 0 ? 1 : model.PeakRowsPerSecond / model.RowsPerSecond, 1, 3);
        SimulationRandom random = new(seed, 10 + (3 * index));
        SimulationRandom sizes = new(seed, 11 + (3 * index));
        SimulationRandom form = new(seed, 12 + (3 * index));
        Func<double, double> factor = ArrivalProcesses.Bursts(1, peak, 4, 0.5, seconds, form);
        double extra = model.RowsPerRequest - 1;
        // Rows of a request: 1 + a geometric number of the mean that was seen.
        return ArrivalProcesses.Of(
            index,
            ArrivalProcesses.Varying(time => rate * factor(time), rate * peak, seconds, random),
            () => extra < 0.05 ? 1 : 1 + (int)Math.Min(1000, sizes.Exponential(1 / Math.Log(1 + (1 / extra))))
        );
    }
}
