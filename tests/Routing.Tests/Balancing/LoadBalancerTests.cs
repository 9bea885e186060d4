using OrleansInference.Routing.Balancing;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Tests.Balancing;

public sealed class LoadBalancerTests
{
    [Fact]
    public void Weighted_SixThousandPicks_AreSplitAsTheWeights()
    {
        RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(
            Tables.Of(
                "weighted",
                Tables.Replica(0, 1, weight: 1),
                Tables.Replica(1, 1, weight: 2),
                Tables.Replica(2, 1, weight: 3)
            ),
            local: null
        );
        WeylSequence random = new(0.3);
        int[] counts = new int[3];

        for (int i = 0; i < 6000; i++)
        {
            counts[snapshot.Pick(Tables.Request(), TimeSpan.Zero, random.Next())!.Route.Node]++;
        }

        // An even sequence misses each share by a few picks, where independent numbers would miss it by tens.
        Assert.InRange(counts[0], 995, 1005);
        Assert.InRange(counts[1], 1995, 2005);
        Assert.InRange(counts[2], 2995, 3005);
    }

    [Theory]
    [InlineData("round_robin")]
    [InlineData("power_of_two")]
    [InlineData("least_outstanding")]
    [InlineData("least_expected_work")]
    public void Pick_IdleEqualNodes_AllGetTheirTurn(string balance)
    {
        RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(Tables.Of(balance, 1, 1, 1), local: null);
        WeylSequence random = new();

        int[] counts =
        [
            .. Enumerable
                .Range(0, 300)
                .Select(_ => snapshot.Pick(Tables.Request(), TimeSpan.Zero, random.Next())!.Route.Node)
                .CountBy(node => node)
                .OrderBy(pair => pair.Key)
                .Select(pair => pair.Value),
        ];

        Assert.Equal(3, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, 95, 105));
    }

    [Theory]
    [InlineData("least_outstanding", 0)]
    [InlineData("power_of_two", 0)]
    public void Pick_ABusyNode_IsAvoided(string balance, int expected)
    {
        RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(Tables.Of(balance, 1, 1), local: null);
        snapshot.Find("m")!.Latest[1].Load.Begin(1);

        Assert.All(
            Enumerable.Range(0, 20),
            i => Assert.Equal(expected, snapshot.Pick(Tables.Request(), TimeSpan.Zero, i / 20.0)!.Route.Node)
        );
    }

    [Fact]
    public void Next_WeylSequence_StaysInTheUnitInterval()
    {
        WeylSequence random = new(0.999);

        Assert.All(
            Enumerable.Range(0, 1000).Select(_ => random.Next()),
            number => Assert.InRange(number, 0, 0.9999999999999999)
        );
    }
}
