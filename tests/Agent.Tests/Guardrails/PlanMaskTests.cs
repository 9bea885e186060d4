using CsCheck;
using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Guardrails;

public sealed class PlanMaskTests
{
    private static readonly PredictedCluster Cluster = PredictedClusters.Make(
        nodes: 3,
        models: 4,
        memory: 250,
        load: 10
    );

    [Fact]
    public void Violation_AnyPlan_NeverLetsOneThroughThatBreaksALimit() =>
        PredictedClusters
            .Plans(Cluster)
            .Sample(plan =>
            {
                ClusterPlan current = PredictedClusters.Plan(Cluster, (m, n) => m % 3 == n);
                if (PlanMask.Violation(plan, Cluster, current) is not null)
                {
                    return;
                }

                foreach (PredictedNode node in Cluster.Nodes)
                {
                    // While it changes, what goes is still there.
                    long bytes = Cluster
                        .Models.Where(model => Has(plan, model.Name, node) || Has(current, model.Name, node))
                        .Sum(model => model.MemoryBytes);
                    long now = Cluster
                        .Models.Where(model => Has(current, model.Name, node))
                        .Sum(model => model.MemoryBytes);
                    Assert.True(bytes <= Math.Max(node.MemoryBytes, now));
                }

                foreach (ModelPlan model in plan.Models)
                {
                    Assert.NotEmpty(model.Replicas);
                    Assert.All(
                        model.Replicas,
                        replica =>
                        {
                            Assert.InRange(replica.Knobs.Threads, 0, 4);
                            Assert.InRange(replica.Knobs.Instances, 0, 4);
                            Assert.InRange(
                                Math.Max(1, replica.Knobs.Threads) * Math.Max(1, replica.Knobs.Instances),
                                1,
                                4
                            );
                            Assert.InRange(replica.Knobs.MaxRows, 0, 32);
                            Assert.InRange(replica.Knobs.DelayMs, -1, 100);
                        }
                    );
                }
            });

    [Fact]
    public void Violation_SomePlans_ArePossible()
    {
        ClusterPlan current = PredictedClusters.Plan(Cluster, (m, n) => m % 3 == n);

        Assert.Null(PlanMask.Violation(current, Cluster, current));
        Assert.Null(
            PlanMask.Violation(
                PredictedClusters.Plan(Cluster, (m, n) => m % 3 == n || (m == 1 && n == 2)),
                Cluster,
                current
            )
        );
        Assert.Contains(
            "MiB",
            PlanMask.Violation(PredictedClusters.Plan(Cluster, (_, _) => true), Cluster, current),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "no replica",
            PlanMask.Violation(PredictedClusters.Plan(Cluster, (m, n) => m > 0 && m % 3 == n), Cluster, current),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Violation_APinnedModelElsewhere_IsRefused()
    {
        PredictedCluster pinned = Cluster with
        {
            Models = [Cluster.Models[0] with { Pin = new ModelPin { Nodes = ["n0"] } }],
        };
        ClusterPlan there = PredictedClusters.Plan(pinned, (_, n) => n == 0);
        ClusterPlan elsewhere = PredictedClusters.Plan(pinned, (_, n) => n == 1);

        Assert.Null(PlanMask.Violation(there, pinned, there));
        Assert.Contains("pinned", PlanMask.Violation(elsewhere, pinned, there), StringComparison.Ordinal);
    }

    private static bool Has(ClusterPlan plan, string model, PredictedNode node) =>
        Array.Exists(plan.Find(model)?.Replicas ?? [], replica => replica.Node.Equals(node.Address));
}
