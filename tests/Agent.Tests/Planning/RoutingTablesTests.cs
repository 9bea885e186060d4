using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Planning;

public sealed class RoutingTablesTests
{
    [Fact]
    public void Build_PlannedAndReady_IsRoutedWithThePlansWeight()
    {
        RoutingTable table = RoutingTables.Build(
            Plan(0, 1),
            [Clusters.Report(0, serves: ("a", "r")), Clusters.Report(1)],
            5
        );

        ReplicaRoute replica = Assert.Single(Assert.Single(table.Models).Replicas);
        Assert.Equal((0, 2.0), (replica.Node, replica.Weight));
        Assert.Equal((7L, 5L, "service"), (table.Epoch, table.Sequence, table.NodeServiceType));
    }

    [Fact]
    public void Build_WhileAReplicaMoves_TheOldPlaceServesUntilTheNewOneIsReady()
    {
        Assert.Equal(
            0,
            Assert
                .Single(
                    RoutingTables
                        .Build(Plan(1), [Clusters.Report(0, serves: ("a", "r")), Clusters.Report(1)], 1)
                        .Models[0]
                        .Replicas
                )
                .Node
        );
        Assert.Equal(
            1,
            Assert
                .Single(
                    RoutingTables
                        .Build(
                            Plan(1),
                            [Clusters.Report(0, serves: ("a", "r")), Clusters.Report(1, serves: ("a", "r"))],
                            1
                        )
                        .Models[0]
                        .Replicas
                )
                .Node
        );
    }

    [Fact]
    public void Build_AnotherRevision_ServesOnlyWhereNobodyHasThePlanned()
    {
        Assert.Equal(
            1,
            Assert
                .Single(
                    RoutingTables
                        .Build(
                            Plan(0, 1),
                            [Clusters.Report(0, serves: ("a", "old")), Clusters.Report(1, serves: ("a", "r"))],
                            1
                        )
                        .Models[0]
                        .Replicas
                )
                .Node
        );
        Assert.Equal(
            0,
            Assert
                .Single(RoutingTables.Build(Plan(0), [Clusters.Report(0, serves: ("a", "old"))], 1).Models[0].Replicas)
                .Node
        );
    }

    [Fact]
    public void Build_ADrainingNode_ServesOnlyWhereNobodyElseDoes()
    {
        Assert.Equal(
            1,
            Assert
                .Single(
                    RoutingTables
                        .Build(
                            Plan(0, 1),
                            [Clusters.Report(0, draining: true, ("a", "r")), Clusters.Report(1, serves: ("a", "r"))],
                            1
                        )
                        .Models[0]
                        .Replicas
                )
                .Node
        );
        Assert.Equal(
            0,
            Assert
                .Single(
                    RoutingTables.Build(Plan(0), [Clusters.Report(0, draining: true, ("a", "r"))], 1).Models[0].Replicas
                )
                .Node
        );
    }

    [Fact]
    public void Build_AModelThatNoPlanHas_IsRoutedWhereItIs() =>
        Assert.Equal(
            "b",
            Assert.Single(RoutingTables.Build(Plan(), [Clusters.Report(0, serves: ("b", "r"))], 1).Models).Name
        );

    [Fact]
    public void AreAlike_NoiseInCosts_IsNoChange()
    {
        RoutingTable table = RoutingTables.Build(Plan(0), [Clusters.Report(0, serves: ("a", "r"))], 1);
        RoutingTable noisy = With(table, 1.1);
        RoutingTable slower = With(table, 1.6);

        Assert.True(RoutingTables.AreAlike(table, noisy with { Sequence = 9 }));
        Assert.False(RoutingTables.AreAlike(table, slower));
        Assert.False(RoutingTables.AreAlike(table, table with { Epoch = 8 }));
    }

    private static RoutingTable With(RoutingTable table, double factor) =>
        table with
        {
            Models =
            [
                .. table.Models.Select(model =>
                    model with
                    {
                        Replicas =
                        [
                            .. model.Replicas.Select(replica =>
                                replica with
                                {
                                    SecondsPerRow = replica.SecondsPerRow * factor,
                                }
                            ),
                        ],
                    }
                ),
            ],
        };

    private static ClusterPlan Plan(params int[] nodes) =>
        new()
        {
            Epoch = 7,
            Models =
                nodes.Length == 0
                    ? []
                    :
                    [
                        new ModelPlan
                        {
                            Name = "a",
                            Revision = "r",
                            Replicas =
                            [
                                .. nodes.Select((node, index) => new ReplicaPlan(index, Clusters.Address(node), 2)),
                            ],
                        },
                    ],
        };
}
