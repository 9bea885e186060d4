using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime.Messaging;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Health;
using OrleansInference.Routing.Tests.Calls;

namespace OrleansInference.Routing.Tests.Health;

public sealed class NodeWatchTests
{
    private readonly FakeTransport _transport = new();
    private readonly FakeTimeProvider _time = new();
    private readonly RequestRouter _router;
    private readonly NodeWatch _watch;
    private readonly RouterOptions _options = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public NodeWatchTests()
    {
        _router = new RequestRouter(_transport, _options, _time, seed: 0);
        _router.Update(Tables.Of(1, 1), local: null);
        _watch = new NodeWatch(_router, _transport, _options, _time);
    }

    private NodeState Node => _router.Snapshot.Nodes[0];

    [Fact]
    public async Task ProbeAsync_AfterABrokenConnection_EjectsWhatCannotBeReached()
    {
        _transport.OnPing = (node, _) =>
            node == Node ? throw new ConnectionFailedException("refused") : Task.CompletedTask;

        await _watch.ProbeAsync(all: true, Token);

        Assert.True(Node.IsEjected);
        Assert.False(_router.Snapshot.Nodes[1].IsEjected);
    }

    [Fact]
    public async Task ProbeAsync_ASlowNode_IsEjectedOnlyAfterTwoProbesTimedOut()
    {
        _transport.OnPing = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, token);
        Node.BeginRequest(_router.Now);

        for (int probe = 1; probe <= 2; probe++)
        {
            Assert.False(Node.IsEjected);
            _time.Advance(TimeSpan.FromSeconds(_options.StallSeconds));
            Task look = _watch.ProbeAsync(all: false, Token);
            _time.Advance(TimeSpan.FromSeconds(_options.ProbeTimeoutSeconds));
            await look;
        }

        Assert.True(Node.IsEjected);
    }

    [Fact]
    public async Task ProbeAsync_ANodeThatAnswersOrOwesNothing_IsLeftAlone()
    {
        int pings = 0;
        _transport.OnPing = (_, _) =>
        {
            pings++;
            return Task.CompletedTask;
        };
        _time.Advance(TimeSpan.FromMinutes(1));

        await _watch.ProbeAsync(all: false, Token);
        Assert.Equal(0, pings);
        Node.BeginRequest(_router.Now);
        await _watch.ProbeAsync(all: false, Token);
        Assert.Equal(0, pings);
        _time.Advance(TimeSpan.FromSeconds(_options.StallSeconds));
        await _watch.ProbeAsync(all: false, Token);
        Assert.Equal(1, pings);
        Assert.False(Node.IsEjected);
    }

    [Fact]
    public async Task ProbeAsync_AnEjectedNodeThatAnswers_IsBack()
    {
        Node.Eject(_router.Now);
        CancellationToken lost = Node.Lost;
        _time.Advance(TimeSpan.FromSeconds(_options.ReadmitSeconds));

        await _watch.ProbeAsync(all: false, Token);

        Assert.False(Node.IsEjected);
        Assert.True(lost.IsCancellationRequested);
        Assert.False(Node.Lost.IsCancellationRequested);
    }
}
