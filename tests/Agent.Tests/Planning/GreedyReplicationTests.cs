using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Planning.Changes;
using OrleansInference.Agent.Prediction;
using OrleansInference.Agent.Tests.Guardrails;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

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

    /// <summary>Six models on sixteen nodes, one run at a time of each: every replica more serves more.</summary>
    [Fact]
    public void Plan_MoreReplicasThanItAddsAtOnce_MostSteps()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 16, models: 6, memory: 10_000, load: 100_000);
        ServiceModel[] alike = [.. Enumerable.Repeat(new ServiceModel(new BatchCost(0.002, 0.002), 0, 1, true), 16)];
        cluster = cluster with
        {
            Nodes = [.. cluster.Nodes.Select(node => node with { Cores = 64 })],
            Models = [.. cluster.Models.Select(model => model with { Service = alike })],
        };
        ClusterPlan start = PredictedClusters.Plan(cluster, (_, n) => n == 0);
        foreach (PredictedModel model in cluster.Models)
        {
            start = PlanEdit.Set(start, model.Name, _ => true, knobs => knobs with { Instances = 1 });
        }

        ClusterPlan plan = GreedyReplication.Plan(cluster, start, ObjectiveWeights.Default);

        Assert.Equal(6 + 64, plan.Models.Sum(model => model.Replicas.Length));
    }

    /// <summary>Two replicas of one core: of so few requests the second saves just less, or just more.</summary>
    [Theory]
    [InlineData(6.5, 0.9e-5, 1e-5, 1)]
    [InlineData(7.2, 1e-5, 1.2e-5, 2)]
    public void Plan_AReplicaThatGainsHardlyAnything_LeastGain(double rate, double above, double below, int replicas)
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 2, models: 1, memory: 1000, load: rate);
        ServiceModel[] alike = [.. Enumerable.Repeat(new ServiceModel(new BatchCost(0.01, 0), 0, 1, true), 2)];
        cluster = cluster with
        {
            Nodes = [.. cluster.Nodes.Select(node => node with { Cores = 1 })],
            Models = [cluster.Models[0] with { Service = alike, MaxRows = 1 }],
        };
        ClusterPlan one = PredictedClusters.Plan(cluster, (_, n) => n == 0);

        double gain = Value(cluster, PredictedClusters.Plan(cluster, (_, _) => true)) - Value(cluster, one);
        ClusterPlan plan = GreedyReplication.Plan(cluster, one, ObjectiveWeights.Default);

        Assert.InRange(gain, above, below);
        Assert.Equal(replicas, plan.Models[0].Replicas.Length);
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

    private static double Value(PredictedCluster cluster, ClusterPlan plan) =>
        new PlanSearch(cluster, plan, ObjectiveWeights.Default)
            .Evaluate(PlanChange.None, plan)
            .Value(ObjectiveWeights.Default);
}
