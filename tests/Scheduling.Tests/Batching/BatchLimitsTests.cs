using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Scheduling.Tests.Batching;

public sealed class BatchLimitsTests
{
    private static readonly BatchLimits Configured = new()
    {
        MaxRows = 16,
        Concurrency = 6,
        MaxDelay = TimeSpan.FromMilliseconds(3),
        MaxQueuedRequests = 7,
    };

    [Fact]
    public void With_UnsetKnobs_StaysAsConfigured()
    {
        Assert.Equal(Configured, Configured.With(ReplicaKnobs.Unset, threads: 1, engineThreads: 8));
        Assert.Equal(3, Configured.With(ReplicaKnobs.Unset, threads: 2, engineThreads: 8).Concurrency);
        Assert.Equal(1, Configured.With(ReplicaKnobs.Unset, threads: 20, engineThreads: 8).Concurrency);
    }

    [Theory]
    [InlineData(2, 8, 5, 2, 8, 5)]
    [InlineData(99, 99, 99_999, 4, 16, 10_000)]
    public void With_SetKnobs_KeepsThemWithinWhatIsAllowed(
        int instances,
        int rows,
        double delayMs,
        int concurrency,
        int rowLimit,
        double delay
    )
    {
        ReplicaKnobs knobs = ReplicaKnobs.Unset with { Instances = instances, MaxRows = rows, DelayMs = delayMs };

        BatchLimits limits = Configured.With(knobs, threads: 1, engineThreads: 4);

        Assert.Equal(
            (concurrency, rowLimit, delay),
            (limits.Concurrency, limits.RowLimit, limits.MaxDelay.TotalMilliseconds)
        );
        Assert.Equal((16, 7), (limits.MaxRows, limits.MaxQueuedRequests));
    }
}
