using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Prediction;
using OrleansInference.Agent.Tests.Guardrails;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Planning;

public sealed class GreedyReplicationTests
{
    [Fact]
    public void Plan_MemoryForOneMoreReplica_GoesToTheModelThatGainsMost()
    {
        // Two models of 100 bytes; the second is asked for twice as often, and node 0 is full.
        PredictedCluster cluster = PredictedClusters.Make(nodes: 2, models: 2, memory: 200, load: 1500);
        cluster = cluster with { Nodes = [cluster.Nodes[0], cluster.Nodes[1] with { MemoryBytes = 100 }] };

        ClusterPlan plan = GreedyReplication.Plan(
            cluster,
            PredictedClusters.Plan(cluster, (_, n) => n == 0),
            ObjectiveWeights.Default
        );

        Assert.Equal([1, 2], plan.Models.Select(model => model.Replicas.Length));
    }

    [Fact]
    public void Plan_ManyReplicasBefore_BeginsFromTheFirstOfEach()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 3, models: 1, memory: 1000, load: 0.0001);

        ClusterPlan plan = GreedyReplication.Plan(
            cluster,
            PredictedClusters.Plan(cluster, (_, _) => true),
            ObjectiveWeights.Default
        );

        Assert.Equal(cluster.Nodes[0].Address, Assert.Single(plan.Models[0].Replicas).Node);
    }

    [Fact]
    public void Plan_AModelThatNobodyAsksFor_StaysAtOne()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 3, models: 1, memory: 1000, load: 0);

        ClusterPlan plan = GreedyReplication.Plan(
            cluster,
            PredictedClusters.Plan(cluster, (_, n) => n == 0),
            ObjectiveWeights.Default
        );

        Assert.Single(plan.Models[0].Replicas);
    }

    [Fact]
    public void Plan_MoreNodesThanItConsiders_MostNodes()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 20, models: 1, memory: 1000, load: 100_000);
        ServiceModel[] alike = [.. Enumerable.Repeat(cluster.Models[0].Service[0], 20)];
        cluster = cluster with { Models = [cluster.Models[0] with { Service = alike }] };

        ClusterPlan plan = GreedyReplication.Plan(
            cluster,
            PredictedClusters.Plan(cluster, (_, n) => n == 0),
            ObjectiveWeights.Default
        );

        Assert.Equal(16, plan.Models[0].Replicas.Length);
    }

    [Fact]
    public void Plan_ADrainingNode_GetsNone()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 2, models: 1, memory: 1000, load: 100_000);
        cluster = cluster with { Nodes = [cluster.Nodes[0], cluster.Nodes[1] with { Draining = true }] };

        ClusterPlan plan = GreedyReplication.Plan(
            cluster,
            PredictedClusters.Plan(cluster, (_, n) => n == 0),
            ObjectiveWeights.Default
        );

        Assert.Single(plan.Models[0].Replicas);
    }
}
