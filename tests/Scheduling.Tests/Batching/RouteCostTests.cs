using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Scheduling.Tests.Batching;

public sealed class RouteCostTests
{
    [Fact]
    public void Cost_OfARoute_IsItsTwoNumbers()
    {
        ReplicaRoute route = new() { BaseSeconds = 0.002, SecondsPerRow = 0.001 };

        Assert.Equal(new BatchCost(0.002, 0.001), route.Cost());
    }

    [Fact]
    public void WithCost_AnotherCost_KeepsEverythingElse()
    {
        ReplicaRoute route = new()
        {
            Node = 3,
            Version = "1",
            Concurrency = 2,
            RowsPerBatch = 8,
        };

        ReplicaRoute priced = route.WithCost(new BatchCost(0.002, 0.001));

        Assert.Equal(new BatchCost(0.002, 0.001), priced.Cost());
        Assert.Equal(route, priced.WithCost(default));
    }
}
