using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;
using OrleansInference.Scheduling.Turns;

namespace OrleansInference.Scheduling.Tests.Turns;

public sealed class TurnPolicyTests
{
    private readonly ReplicaSchedule<QueuedRequest> _replica = new(
        new BatchLimits
        {
            MaxRows = 4,
            FillToMax = true,
            Concurrency = 2,
        },
        new BatchCostEstimator()
    );
    private readonly List<BatchEntry<QueuedRequest>> _batch = [];
    private readonly List<QueuedRequest> _overdue = [];

    [Fact]
    public void TryAdd_Work_GivesAsManyTurnsAsMayRun()
    {
        Assert.False(TurnPolicy.TryAdd(_replica, TimeSpan.Zero));
        Add();

        Assert.True(TurnPolicy.TryAdd(_replica, TimeSpan.Zero));
        Assert.True(TurnPolicy.TryAdd(_replica, TimeSpan.Zero));
        Assert.False(TurnPolicy.TryAdd(_replica, TimeSpan.Zero));
        Assert.Equal(2, _replica.Turns);
    }

    [Fact]
    public void IsForCaller_OnlyTheFirstRequestOfAnIdleReplica_IsRunByItsThread()
    {
        Add();
        TurnPolicy.TryAdd(_replica, TimeSpan.Zero);
        Assert.True(TurnPolicy.IsForCaller(_replica));

        Add();
        TurnPolicy.TryAdd(_replica, TimeSpan.Zero);
        Assert.False(TurnPolicy.IsForCaller(_replica));
    }

    [Fact]
    public void TryBegin_NothingLeft_CountsTheTurnOut()
    {
        Add();
        TurnPolicy.TryAdd(_replica, TimeSpan.Zero);

        Assert.True(TurnPolicy.TryBegin(_replica, TimeSpan.Zero, _batch, _overdue));
        Assert.Single(_batch);
        Assert.False(_replica.IsIdle);
        TurnPolicy.End(_replica, 1, 0.5, TimeSpan.FromSeconds(0.5));
        _batch.Clear();

        Assert.False(TurnPolicy.TryBegin(_replica, TimeSpan.FromSeconds(0.5), _batch, _overdue));
        Assert.True(_replica.IsIdle);
        Assert.Equal(0.5, _replica.Cost.Current.Seconds(1), 1e-9);
    }

    [Fact]
    public void TryBegin_FewerTurnsAllowedThanThereAre_GivesOneUp()
    {
        Add();
        Add();
        TurnPolicy.TryAdd(_replica, TimeSpan.Zero);
        TurnPolicy.TryAdd(_replica, TimeSpan.Zero);
        _replica.Limits = _replica.Limits with { Concurrency = 1 };

        Assert.False(TurnPolicy.TryBegin(_replica, TimeSpan.Zero, _batch, _overdue));
        Assert.Equal((1, 2), (_replica.Turns, _replica.Queue.Count));
        Assert.True(TurnPolicy.TryBegin(_replica, TimeSpan.Zero, _batch, _overdue));
        Assert.Equal(2, _batch.Count);
    }

    [Fact]
    public void TryBegin_WaitingForCompany_AsksToBeWokenWhenTheDelayEnds()
    {
        _replica.Limits = _replica.Limits with { MaxDelay = TimeSpan.FromMilliseconds(7) };
        Add();
        TurnPolicy.TryAdd(_replica, TimeSpan.Zero);

        Assert.False(TurnPolicy.TryBegin(_replica, TimeSpan.FromMilliseconds(3), _batch, _overdue));

        Assert.Equal(TimeSpan.FromMilliseconds(7), _replica.WakeAt);
        Assert.Equal(TimeSpan.FromMilliseconds(4), _replica.TimeToWake(TimeSpan.FromMilliseconds(3)));
        Assert.Equal(TimeSpan.FromMilliseconds(4), _replica.TimeToWake(TimeSpan.FromMilliseconds(3.5)));
        Assert.Equal(TimeSpan.FromMilliseconds(1), _replica.TimeToWake(TimeSpan.FromMilliseconds(9)));
    }

    [Fact]
    public void Wake_OverdueRequests_AreTakenOutAndTheNextDeadlineIsWaitedFor()
    {
        QueuedRequest first = Add(deadlineMs: 5);
        Add(deadlineMs: 9);
        Add();

        TurnPolicy.Wake(_replica, TimeSpan.FromMilliseconds(6), _overdue, TimeSpan.MaxValue);

        Assert.Equal([first], _overdue);
        Assert.Equal(TimeSpan.FromMilliseconds(9), _replica.WakeAt);
        TurnPolicy.Wake(_replica, TimeSpan.FromMilliseconds(9), _overdue, TimeSpan.MaxValue);
        Assert.Equal(2, _overdue.Count);
        Assert.Equal(TimeSpan.MaxValue, _replica.WakeAt);
        Assert.Equal(1, _replica.Queue.Count);
    }

    [Fact]
    public void Wake_ADeadlineInARunComesFirst_IsWaitedFor()
    {
        Add(deadlineMs: 9);

        TurnPolicy.Wake(_replica, TimeSpan.FromMilliseconds(6), _overdue, TimeSpan.FromMilliseconds(7));

        Assert.Empty(_overdue);
        Assert.Equal(TimeSpan.FromMilliseconds(7), _replica.WakeAt);
    }

    private QueuedRequest Add(double? deadlineMs = null)
    {
        QueuedRequest request = new(new InferenceCall { ModelName = "m", Inputs = [] }, 1, ShapeSignature.Fixed);
        if (deadlineMs is { } milliseconds)
        {
            request.Deadline = TimeSpan.FromMilliseconds(milliseconds);
        }
        _replica.Queue.Add(request, priority: 1, due: TimeSpan.Zero, now: TimeSpan.Zero);
        return request;
    }
}
