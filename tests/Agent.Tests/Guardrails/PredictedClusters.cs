using System.Net;
using CsCheck;
using Orleans.Runtime;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Tests.Guardrails;

/// <summary>Predicted clusters, and plans for them that may be anything.</summary>
internal static class PredictedClusters
{
    public static SiloAddress Address(int node) =>
        SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 20_000 + node), 1);

    public static PredictedCluster Make(int nodes, int models, long memory, double load)
    {
        PredictedNode[] all =
        [
            .. Enumerable
                .Range(0, nodes)
                .Select(n => new PredictedNode($"n{n}", Address(n), 4, memory, 1000, Draining: false)),
        ];
        return new PredictedCluster(
            all,
            [
                .. Enumerable
                    .Range(0, models)
                    .Select(m => new PredictedModel
                    {
                        Name = $"m{m}",
                        MemoryBytes = 100,
                        SloSeconds = 0.1,
                        MaxRows = 32,
                        RowsPerSecond = load * (m + 1),
                        PeakRowsPerSecond = load * (m + 1) * 1.5,
                        RowsPerRequest = 1,
                        BytesPerRow = 1000,
                        Pin = null,
                        Service =
                        [
                            .. all.Select(
                                (_, n) =>
                                    new ServiceModel(new BatchCost(0.002, 0.002 * (1 + (0.3 * n))), 0.1, 1.2, true)
                            ),
                        ],
                    }),
            ],
            IsTrusted: true
        );
    }

    public static ClusterPlan Plan(PredictedCluster cluster, Func<int, int, bool> on) =>
        new()
        {
            Nodes = [.. cluster.Nodes.Select(node => new NodePlan(node.Name, node.Address, false))],
            Models =
            [
                .. cluster.Models.Select(
                    (model, m) =>
                        new ModelPlan
                        {
                            Name = model.Name,
                            Replicas =
                            [
                                .. cluster
                                    .Nodes.Select((node, n) => (node, n))
                                    .Where(entry => on(m, entry.n))
                                    .Select((entry, index) => new ReplicaPlan(index, entry.node.Address, 1)),
                            ],
                        }
                ),
            ],
        };

    public static Gen<ClusterPlan> Plans(PredictedCluster cluster) =>
        Gen.Select(
                Gen.Bool.Array[cluster.Nodes.Count * cluster.Models.Count],
                Gen.Int[-1, 6].Array[cluster.Models.Count * 3],
                Gen.Double[-1, 200].Array[cluster.Models.Count]
            )
            .Select(
                (on, knobs, delays) =>
                {
                    ClusterPlan plan = Plan(cluster, (m, n) => on[(m * cluster.Nodes.Count) + n]);
                    return plan with
                    {
                        Models =
                        [
                            .. plan.Models.Select(
                                (model, m) =>
                                    model with
                                    {
                                        Replicas =
                                        [
                                            .. model.Replicas.Select(replica =>
                                                replica with
                                                {
                                                    Knobs = new ReplicaKnobs
                                                    {
                                                        Threads = knobs[m * 3],
                                                        Instances = knobs[(m * 3) + 1],
                                                        MaxRows = knobs[(m * 3) + 2] * 8,
                                                        DelayMs = delays[m],
                                                    },
                                                }
                                            ),
                                        ],
                                    }
                            ),
                        ],
                    };
                }
            );
}
