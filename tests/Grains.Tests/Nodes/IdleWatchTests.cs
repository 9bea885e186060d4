using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Tests.Nodes;

public sealed class IdleWatchTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly NodeOptions _options = new() { ProfileIdleSeconds = 5, ProfileDisturbance = 1 };
    private readonly IdleWatch _watch;

    public IdleWatchTests() => _watch = new IdleWatch(Options.Create(_options), _time);

    [Fact]
    public void Observe_NoRequestsForLongEnough_IsIdleUntilOneComes()
    {
        Assert.False(_watch.Observe(requests: 7));
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(_watch.Observe(requests: 7));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(_watch.Observe(requests: 7));

        Assert.False(_watch.Observe(requests: 8));
    }

    [Fact]
    public void IsQuiet_ReadingsTooFarApart_SayNothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells the processor's time");
        Assert.False(_watch.IsQuiet());
        _time.Advance(TimeSpan.FromSeconds(0.5));
        // All of the processor may be others': any reading is quiet.
        Assert.True(_watch.IsQuiet());

        _time.Advance(TimeSpan.FromSeconds(2.1));
        Assert.False(_watch.IsQuiet());
    }
}
