using CsCheck;
using Orleans.Runtime;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Planning;

public sealed class ReplicateWhereItFitsTests
{
    private readonly ReplicateWhereItFits _planner = new();

    [Fact]
    public void Plan_WhatFitsEverywhere_IsEverywhere()
    {
        ClusterPlan plan = Plan([Clusters.Node(0), Clusters.Node(1)], [Clusters.Model("a"), Clusters.Model("b")]);

        Assert.All(plan.Models, model => Assert.Equal([0, 1], model.Replicas.Select(replica => replica.Index)));
        Assert.All(plan.Models, model => Assert.Empty(model.Refusals));
    }

    [Fact]
    public void Plan_TooLittleMemory_GivesEveryModelOneBeforeAnyASecond()
    {
        ClusterPlan plan = Plan(
            [Clusters.Node(0, memory: 25), Clusters.Node(1, memory: 25)],
            [Clusters.Model("a", demand: 9), Clusters.Model("b"), Clusters.Model("c"), Clusters.Model("d")]
        );

        Assert.All(plan.Models, model => Assert.Single(model.Replicas));
        Assert.All(
            plan.Models,
            model => Assert.Contains("MiB left", Assert.Single(model.Refusals), StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Plan_WhatFitsNowhere_HasNoReplicaAndTheReasons()
    {
        ModelPlan model = Plan([Clusters.Node(0)], [Clusters.Model("a", memory: 101)]).Models[0];

        Assert.Empty(model.Replicas);
        Assert.Contains("'n0000'", Assert.Single(model.Refusals), StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_ALostNode_KeepsTheOthersReplicasAndMovesItsOwnByIndex()
    {
        NodeObservation[] three = [Clusters.Node(0, 10), Clusters.Node(1, 10), Clusters.Node(2, 10)];
        ModelObservation[] models =
        [
            Clusters.Model("a", pin: new ModelPin { MaxReplicas = 1 }),
            Clusters.Model("b", pin: new ModelPin { MaxReplicas = 1 }),
        ];
        ClusterPlan before = Plan(three, models);
        SiloAddress lost = before.Find("a")!.Replicas[0].Node;
        SiloAddress stays = before.Find("b")!.Replicas[0].Node;

        ClusterPlan after = Plan([.. three.Where(node => !node.Address.Equals(lost))], models, before);

        Assert.Equal(stays, Assert.Single(after.Find("b")!.Replicas).Node);
        ReplicaPlan moved = Assert.Single(after.Find("a")!.Replicas);
        Assert.Equal(0, moved.Index);
        Assert.NotEqual(lost, moved.Node);
    }

    [Fact]
    public void Plan_ADrainingNode_IsEmptyUnlessAllDrain()
    {
        ModelObservation[] models = [Clusters.Model("a")];

        Assert.Equal(
            Clusters.Address(0),
            Assert.Single(Plan([Clusters.Node(0), Clusters.Node(1, draining: true)], models).Models[0].Replicas).Node
        );
        Assert.Single(Plan([Clusters.Node(0, draining: true)], models).Models[0].Replicas);
    }

    [Fact]
    public void Plan_APin_IsFollowed()
    {
        ModelPin pin = new()
        {
            Nodes = ["n0001", "n0002"],
            Weights = new() { ["n0001"] = 1, ["n0002"] = 3 },
        };

        ModelPlan model = Plan(
            [Clusters.Node(0), Clusters.Node(1), Clusters.Node(2)],
            [Clusters.Model("a", pin: pin)]
        ).Models[0];

        Assert.Equal("weighted", model.LoadBalance);
        Assert.Equal(
            [(Clusters.Address(1), 1.0), (Clusters.Address(2), 3.0)],
            model.Replicas.Select(replica => (replica.Node, replica.Weight))
        );
        Assert.Contains(
            "pinned to nowhere",
            Assert.Single(
                Plan([Clusters.Node(0)], [Clusters.Model("a", pin: new ModelPin { Nodes = ["nowhere"] })])
                    .Models[0]
                    .Refusals
            ),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Plan_ANodeThatCouldNotLoadIt_IsLeftOutWithTheReason()
    {
        NodeObservation broken = Clusters.Node(1) with
        {
            Failures = new Dictionary<string, string> { ["a"] = "it is corrupt" },
        };

        ModelPlan model = Plan([Clusters.Node(0), broken], [Clusters.Model("a")]).Models[0];

        Assert.Single(model.Replicas);
        Assert.Equal(["node 'n0001' could not load it: it is corrupt"], model.Refusals);
    }

    [Fact]
    public void Plan_AnyCluster_KeepsItsLaws() =>
        Gen.Select(Gen.Long[0, 60].Array[1, 8], Gen.Long[1, 40].Array[1, 12], Gen.Int[0, 7], Gen.Bool)
            .Sample(
                (memories, sizes, lost, drain) =>
                {
                    NodeObservation[] nodes =
                    [
                        .. memories.Select((memory, node) => Clusters.Node(node, memory, drain && node == 0)),
                    ];
                    ModelObservation[] models =
                    [
                        .. sizes.Select((size, model) => Clusters.Model($"m{model:D2}", size, demand: model)),
                    ];
                    ClusterPlan first = Plan(nodes, models);
                    NodeObservation[] fewer = [.. nodes.Where((_, node) => node != lost)];
                    ClusterPlan second = fewer.Length == 0 ? first : Plan(fewer, models, first);

                    foreach (
                        (ClusterPlan plan, NodeObservation[] there) in new[]
                        {
                            (first, nodes),
                            (second, fewer.Length == 0 ? nodes : fewer),
                        }
                    )
                    {
                        // Memory is never promised twice, and no node has two replicas of a model.
                        foreach (NodeObservation node in there)
                        {
                            long used = plan.Models.Sum(model =>
                                model.Replicas.Count(replica => replica.Node.Equals(node.Address))
                                * models.Single(other => other.Name == model.Name).MemoryBytes
                            );
                            if (used > node.MemoryBytes)
                            {
                                return false;
                            }
                            if (node.Draining && used > 0 && there.Any(other => !other.Draining))
                            {
                                return false;
                            }
                        }

                        if (
                            plan.Models.Any(model =>
                                model.Replicas.Select(replica => replica.Node).Distinct().Count()
                                    != model.Replicas.Length
                                || model.Replicas.Select(replica => replica.Index).Distinct().Count()
                                    != model.Replicas.Length
                            )
                        )
                        {
                            return false;
                        }
                        if (
                            plan.Models.Any(model =>
                                model.Replicas.Any(replica => there.All(node => !node.Address.Equals(replica.Node)))
                            )
                        )
                        {
                            return false;
                        }
                    }

                    // Nothing changed, so nothing moves.
                    return PlanComparison.AreAlike(second, Plan(fewer.Length == 0 ? nodes : fewer, models, second));
                }
            );

    private ClusterPlan Plan(NodeObservation[] nodes, ModelObservation[] models, ClusterPlan? before = null) =>
        _planner.Plan(new ClusterObservation(nodes, models), before ?? ClusterPlan.Empty);
}
