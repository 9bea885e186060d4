using CsCheck;
using OrleansInference.Routing.Partition;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Tests.Partition;

public sealed class TaskPartitionTests
{
    [Fact]
    public void Split_EqualNodes_GivesEachItsShareInOrder()
    {
        RequestPart[] parts = Split(3000, 1, 1, 1);

        Assert.Equal(3, parts.Length);
        Assert.Equal(3000, parts.Sum(part => part.Rows));
        Assert.All(parts, part => Assert.InRange(part.Rows, 999, 1001));
        int next = 0;
        foreach (RequestPart part in parts)
        {
            Assert.Equal(next, part.Start);
            next += part.Rows;
        }
    }

    [Fact]
    public void Split_UnequalNodes_EndsTogether()
    {
        RequestPart[] parts = Split(7000, 1, 2, 4);

        double[] ends =
        [
            .. parts.Select(part => part.Target.Estimate(Tables.Request(part.Rows), TimeSpan.Zero).Seconds),
        ];
        Assert.Equal(3, parts.Length);
        Assert.True(ends.Max() - ends.Min() < 0.01, string.Join(", ", ends));
    }

    [Theory]
    [InlineData(1, new[] { 1.0, 1.0 })]
    [InlineData(2, new[] { 0.01, 0.01 })]
    [InlineData(100, new[] { 1.0, 1000.0 })]
    [InlineData(100, new[] { 1.0 })]
    public void Split_WhereItDoesNotPay_SendsItWholeToTheFastest(int rows, double[] msPerRow)
    {
        RequestPart part = Assert.Single(Split(rows, msPerRow));

        Assert.Equal((0, 0, rows), (part.Target.Route.Node, part.Start, part.Rows));
    }

    [Fact]
    public void Split_AnyLoad_CoversEveryRowOnce() =>
        Gen.Select(Gen.Int[1, 5000], Gen.Double[0.01, 50].Array[1, 8], Gen.Int[0, 2000].Array[8])
            .Sample(
                (rows, speeds, queued) =>
                {
                    RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(Tables.Of(speeds), local: null);
                    ReplicaTarget[] targets = snapshot.Find("m")!.Latest;
                    for (int i = 0; i < targets.Length; i++)
                    {
                        targets[i].Load.Begin(queued[i]);
                    }

                    RequestPart[] parts = TaskPartition.Split(targets, Tables.Request(rows), TimeSpan.Zero);

                    int next = 0;
                    foreach (RequestPart part in parts)
                    {
                        if (part.Start != next || part.Rows < 1)
                        {
                            return false;
                        }
                        next += part.Rows;
                    }

                    return next == rows && parts.Select(part => part.Target).Distinct().Count() == parts.Length;
                }
            );

    private static RequestPart[] Split(int rows, params double[] msPerRow) =>
        TaskPartition.Split(
            RoutingSnapshot.Empty.Next(Tables.Of(msPerRow), local: null).Find("m")!.Latest,
            Tables.Request(rows),
            TimeSpan.Zero
        );
}
