using System.Net;
using Orleans.Runtime;
using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Objective;

public sealed class ScoreHistoryTests
{
    private static readonly SiloAddress s_node = SiloAddress.New(IPAddress.Loopback, 1, 1);

    private readonly ClusterWindowTracker _windows = new();

    [Fact]
    public void Observe_ReportsOfASecond_MakeAPointEveryFive()
    {
        ScoreHistory history = new();

        for (int second = 0; second <= 60; second++)
        {
            Observe(history, second, Report(second * 100, second * 10, second * 1000));
        }

        Assert.Equal(12, history.Points.Length);
        // 100 a second, a tenth of them late; 1,000 bytes a second over a link of a megabit.
        Assert.All(
            history.Points,
            point =>
                Assert.Equal(
                    (100.0, 0.9, 0.9),
                    (Math.Round(point.RequestsPerSecond, 6), Math.Round(point.Attainment, 6), Math.Round(point.C, 6))
                )
        );
        Assert.All(history.Points, point => Assert.Equal(1 - (1000 / 125_000.0), point.N, 6));
    }

    [Fact]
    public void Observe_NoRequests_SaysSo()
    {
        ScoreHistory history = new();

        for (int second = 0; second <= 5; second++)
        {
            Observe(history, second, Report(0, 0, 0));
        }

        Assert.Equal(
            (-1, 1, 1, 1),
            (
                (int)history.Points[0].Attainment,
                (int)history.Points[0].C,
                (int)history.Points[0].D,
                (int)history.Points[0].N
            )
        );
    }

    private void Observe(ScoreHistory history, int second, NodeReport report) =>
        history.Observe(
            _windows.Advance([report], TimeSpan.FromSeconds(second)),
            DateTimeOffset.UnixEpoch.AddSeconds(second)
        );

    private static NodeReport Report(long requests, long violations, long forwarded) =>
        new()
        {
            Name = "n0",
            Address = s_node,
            Resources = new NodeResources { Cores = 2, LinkMbps = 1 },
            BytesForwarded = forwarded,
            Replicas =
            [
                new ReplicaReport
                {
                    Model = "m",
                    Version = "1",
                    Requests = requests,
                    Violations = violations,
                    RunSeconds = requests * 0.001,
                    Bytes = requests * 50,
                },
            ],
        };
}
