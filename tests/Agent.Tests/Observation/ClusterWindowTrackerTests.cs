using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Observation;

public sealed class ClusterWindowTrackerTests
{
    private readonly ClusterWindowTracker _tracker = new();

    [Fact]
    public void Advance_TheFirstLook_HasNothingToCompareWith()
    {
        ClusterWindow window = _tracker.Advance([Node(Replica("1", 100))], At(5));

        Assert.Equal((At(5), 0.0, 0L), (window.Now, window.Seconds, window.Total.Requests));
        Assert.False(Assert.Single(window.Replicas).IsWhole);
    }

    [Fact]
    public void Advance_ASecondLater_SaysWhatWasAdded()
    {
        _tracker.Advance([Node(Replica("1", 100, queued: 4)) with { BytesForwarded = 500 }], At(0));

        ClusterWindow window = _tracker.Advance(
            [Node(Replica("1", 150, queued: 1)) with { BytesForwarded = 800 }],
            At(1)
        );

        ReplicaWindow replica = Assert.Single(window.Replicas);
        Assert.Equal(1, window.Seconds);
        ReplicaCounters since = replica.Since;
        Assert.Equal((50, 5, 50, 100, 5000), (since.Requests, since.Violations, since.Runs, since.Rows, since.Bytes));
        Assert.Equal(0.5, since.RunSeconds, 9);
        Assert.Equal(-3, replica.QueueGrowth);
        Assert.Equal(300, window.Nodes[0].BytesForwarded);
        // 50 requests of 0.01 s each, as all of its requests took.
        Assert.Equal(0.5, window.Work, 9);
    }

    [Fact]
    public void Advance_TwoVersionsOfAModel_AreComparedEachWithItself()
    {
        _tracker.Advance([Node(Replica("1", 1000), Replica("2", 10))], At(0));

        ClusterWindow window = _tracker.Advance([Node(Replica("1", 1100), Replica("2", 30))], At(1));

        Assert.Equal([100, 20], window.Replicas.Select(replica => replica.Since.Requests));
    }

    [Fact]
    public void Advance_AVersionThatWasLoadedAgain_CountsFromThere()
    {
        _tracker.Advance([Node(Replica("1", 1000))], At(0));

        Assert.False(Assert.Single(_tracker.Advance([Node(Replica("1", 5))], At(1)).Replicas).IsWhole);
        Assert.Equal(7, Assert.Single(_tracker.Advance([Node(Replica("1", 12))], At(2)).Replicas).Since.Requests);
    }

    [Fact]
    public void Advance_AVersionThatWentAndCameBack_IsNotComparedWithItsLifeBefore()
    {
        _tracker.Advance([Node(Replica("1", 10))], At(0));
        _tracker.Advance([Node()], At(1));

        Assert.False(Assert.Single(_tracker.Advance([Node(Replica("1", 500))], At(2)).Replicas).IsWhole);
    }

    [Fact]
    public void Advance_ALookTooSoon_IsPartOfTheNextWindow()
    {
        _tracker.Advance([Node(Replica("1", 100))], At(0));

        ClusterWindow soon = _tracker.Advance([Node(Replica("1", 110), Replica("2", 3))], At(0.1));
        ClusterWindow next = _tracker.Advance([Node(Replica("1", 150), Replica("2", 9))], At(1));

        Assert.Empty(soon.Nodes);
        Assert.Equal(1, next.Seconds);
        // The new version is counted from the look that showed it first, but no rate can be told of it.
        Assert.Equal([50, 6], next.Replicas.Select(replica => replica.Since.Requests));
        Assert.Equal([true, false], next.Replicas.Select(replica => replica.IsWhole));
    }

    [Fact]
    public void Advance_AReportThatIsMissing_IsMadeUpForByTheNext()
    {
        _tracker.Advance([Node(Replica("1", 100))], At(0));
        _tracker.Advance([], At(1));

        Assert.Equal(40, _tracker.Advance([Node(Replica("1", 140))], At(2)).Total.Requests);
    }

    [Fact]
    public void Advance_AnswersAfterMoreThanAMinute_BeginAnew()
    {
        _tracker.Advance([Node(Replica("1", 100))], At(0));
        _tracker.Advance([], At(61));

        Assert.Equal(0, _tracker.Advance([Node(Replica("1", 9000))], At(62)).Total.Requests);
    }

    [Fact]
    public void Advance_AClockThatWasSetBack_BeginsAnew()
    {
        _tracker.Advance([Node(Replica("1", 100))], At(100));

        ClusterWindow back = _tracker.Advance([Node(Replica("1", 150))], At(40));

        Assert.Equal((0.0, 0L), (back.Seconds, back.Total.Requests));
        Assert.Equal(10, _tracker.Advance([Node(Replica("1", 160))], At(41)).Total.Requests);
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private static NodeReport Node(params ReplicaReport[] replicas) => Clusters.Report(0) with { Replicas = replicas };

    /// <summary>A tenth of its requests are late; each is two rows, one run of 10 ms and 100 bytes.</summary>
    private static ReplicaReport Replica(string version, int requests, int queued = 0) =>
        new()
        {
            Model = "m",
            Version = version,
            Requests = requests,
            Violations = requests / 10,
            Runs = requests,
            Rows = requests * 2,
            RunSeconds = requests * 0.01,
            Bytes = requests * 100,
            Queued = queued,
        };
}
