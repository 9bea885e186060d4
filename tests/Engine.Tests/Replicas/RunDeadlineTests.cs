using Microsoft.Extensions.Time.Testing;
using OrleansInference.Engine.Batching;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Tests.Replicas;

/// <summary>Deadlines that pass while a run of 1 s, on an emulated device, is under way.</summary>
public sealed class RunDeadlineTests
{
    private const int RunMs = 1000;

    private static readonly BatchLimits s_together = new() { MaxRows = 8, FillToMax = true };

    private readonly FakeTimeProvider _time = new();
    private readonly SteppedDevice _device;

    public RunDeadlineTests() => _device = new SteppedDevice(_time, RunMs);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Timer_TheDeadlinePassesInTheRun_IsAnsweredThenAndTheRunTerminated()
    {
        using ReplicaParts replica = Replica();
        QueuedInference queued = Admit(replica, timeoutMs: 150);
        int answeredAt = 0;
        _device.OnStep = passed => answeredAt = answeredAt == 0 && queued.IsCompleted ? passed : answeredAt;

        replica.TakeTurn();

        using InferenceAnswer answer = await queued.Answer;
        Assert.Equal(InferenceError.DeadlineExceeded, answer.Error);
        Assert.Contains("150.0 ms in a run of model 'm'", answer.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(150, answeredAt);
        Assert.Equal([(150, true)], _device.Runs);
    }

    [Fact]
    public async Task Timer_AnotherRequestIsInTheRun_TheRunGoesOnForIt()
    {
        using ReplicaParts replica = Replica();
        QueuedInference late = Admit(replica, timeoutMs: 150);
        QueuedInference patient = Admit(replica, timeoutMs: 0);

        replica.TakeTurn();

        using InferenceAnswer refused = await late.Answer;
        using InferenceAnswer answered = await patient.Answer;
        Assert.Equal(InferenceError.DeadlineExceeded, refused.Error);
        Assert.Equal(2, answered.EnsureSuccess().Timings.BatchRows);
        Assert.Equal([(RunMs, false)], _device.Runs);
    }

    [Fact]
    public async Task Timer_SeveralDeadlinesPassInTheRun_EachIsAnsweredAtItsOwnAndTheLastEndsTheRun()
    {
        using ReplicaParts replica = Replica();
        QueuedInference[] all = [Admit(replica, 300), Admit(replica, 100), Admit(replica, 200)];
        List<int> completed = [];
        _device.OnStep = passed =>
        {
            if (passed is 99 or 100 or 199 or 200 or 299 or 300)
            {
                completed.Add(all.Count(queued => queued.IsCompleted));
            }
        };

        replica.TakeTurn();

        Assert.Equal([0, 1, 1, 2, 2, 3], completed);
        Assert.Equal([(300, true)], _device.Runs);
        foreach (QueuedInference queued in all)
        {
            using InferenceAnswer answer = await queued.Answer;
            Assert.Equal(InferenceError.DeadlineExceeded, answer.Error);
        }
    }

    [Fact]
    public async Task Timer_OverdueRequestsAreServedLate_TheRunIsNotEnded()
    {
        using ReplicaParts replica = Replica(policy: new QueuePolicy { Default = new() { RejectOverdue = false } });
        QueuedInference queued = Admit(replica, timeoutMs: 150);

        replica.TakeTurn();

        using InferenceAnswer answer = await queued.Answer;
        Assert.Equal(InferenceError.None, answer.Error);
        Assert.Equal([(RunMs, false)], _device.Runs);
    }

    [Fact]
    public async Task Timer_TheRunEndsBeforeTheDeadline_TheRequestIsAnswered()
    {
        using ReplicaParts replica = Replica();
        QueuedInference queued = Admit(replica, timeoutMs: RunMs + 1);

        replica.TakeTurn();
        _time.Advance(TimeSpan.FromMilliseconds(RunMs));

        using InferenceAnswer answer = await queued.Answer;
        Assert.Equal(InferenceError.None, answer.Error);
        Assert.Equal(TimeSpan.MaxValue, replica.State.Schedule.WakeAt);
    }

    [Fact]
    public async Task Timer_OneThatComesInPartsIsOverdue_LeavesTheQueueAndEndsTheRunOfItsFirstPart()
    {
        using ReplicaParts replica = Replica(limits: new BatchLimits { MaxRows = 2, FillToMax = true });
        QueuedInference queued = Admit(replica, timeoutMs: 150, rows: 6);

        replica.TakeTurn();

        using InferenceAnswer answer = await queued.Answer;
        Assert.Equal(InferenceError.DeadlineExceeded, answer.Error);
        Assert.Equal([(150, true)], _device.Runs);
        Assert.Equal(0, replica.State.Schedule.Queue.Count);
    }

    [Fact]
    public async Task Timer_ARunWasTerminated_TheNextRequestOfTheSameThreadIsServed()
    {
        using ReplicaParts replica = Replica();
        QueuedInference late = Admit(replica, timeoutMs: 150);
        replica.TakeTurn();
        using InferenceAnswer refused = await late.Answer;
        QueuedInference next = Admit(replica, timeoutMs: 2 * RunMs);

        // The turn goes on after a run.
        replica.Schedule(replica.Runner);
        replica.TakeTurn();

        using InferenceAnswer answer = await next.Answer;
        Assert.Equal(InferenceError.None, answer.Error);
        Assert.Equal([(150, true), (RunMs, false)], _device.Runs);
    }

    private ReplicaParts Replica(BatchLimits? limits = null, QueuePolicy? policy = null) =>
        new(limits ?? s_together, policy, device: _device, time: _time);

    private static QueuedInference Admit(ReplicaParts replica, int timeoutMs, int rows = 1) =>
        replica.Admit(ReplicaParts.Request(rows) with { Timeout = TimeSpan.FromMilliseconds(timeoutMs) }, Token);
}
