using OrleansInference.Engine.Batching;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Tests.Replicas;

public sealed class ReplicaRunnerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunTurn_TwoRequestsWait_AnswersBothFromOneRun()
    {
        using ReplicaParts replica = new(limits: new BatchLimits { MaxRows = 8, FillToMax = true });
        QueuedInference first = replica.Admit(ReplicaParts.Request(), Token);
        QueuedInference second = replica.Admit(ReplicaParts.Request(rows: 3), Token);

        bool again = replica.TakeTurn();

        Assert.True(again);
        using InferenceAnswer one = await first.Answer;
        using InferenceAnswer other = await second.Answer;
        Assert.Equal((4, 4), (one.Timings.BatchRows, other.Timings.BatchRows));
        Assert.Equal([3, 2], other.Outputs[0].Shape.ToArray());
    }

    [Fact]
    public void RunTurn_NothingIsLeft_EndsTheTurnAndTheDrain()
    {
        using ReplicaParts replica = new();
        QueuedInference queued = replica.Admit(ReplicaParts.Request(), Token);
        lock (replica.State.Gate)
        {
            replica.State.Close();
        }
        replica.TakeTurn();
        Assert.True(queued.IsCompleted);
        Assert.False(replica.State.Drained.IsCompleted);

        replica.Schedule(replica.Runner);
        bool again = replica.TakeTurn();

        Assert.False(again);
        Assert.True(replica.State.Drained.IsCompletedSuccessfully);
    }

    [Fact]
    public void RunTurn_ADelayIsAllowed_WaitsForItAndIsWokenByTheTimer()
    {
        BatchLimits limits = new()
        {
            MaxRows = 8,
            FillToMax = true,
            MaxDelay = TimeSpan.FromMilliseconds(5),
        };
        using ReplicaParts replica = new(limits);
        QueuedInference queued = replica.Admit(ReplicaParts.Request(), Token);

        Assert.False(replica.TakeTurn());
        Assert.False(queued.IsCompleted);
        Assert.Equal(0, replica.TurnsAsked);
        replica.Time.Advance(TimeSpan.FromMilliseconds(5));

        Assert.Equal(1, replica.TurnsAsked);
        Assert.True(replica.TakeTurn());
        Assert.True(queued.IsCompleted);
    }

    [Fact]
    public async Task Timer_TheDeadlinePassesInTheQueue_TheRequestIsAnsweredWithoutATurn()
    {
        using ReplicaParts replica = new(policy: new QueuePolicy());
        QueuedInference queued = replica.Admit(
            ReplicaParts.Request() with
            {
                Timeout = TimeSpan.FromMilliseconds(20),
            },
            Token
        );

        replica.Time.Advance(TimeSpan.FromMilliseconds(21));

        using InferenceAnswer answer = await queued.Answer;
        Assert.Equal(InferenceError.DeadlineExceeded, answer.Error);
        Assert.Equal(0, replica.State.Schedule.Queue.Count);
    }

    [Fact]
    public async Task OnCancelled_InTheQueue_LeavesItAtOnceAndReleasesTheInputs()
    {
        using ReplicaParts replica = new();
        using CancellationTokenSource source = new();
        QueuedInference queued = replica.Admit(ReplicaParts.Request(), source.Token);

        await source.CancelAsync();

        using InferenceAnswer answer = await queued.Answer;
        Assert.Equal(InferenceError.Cancelled, answer.Error);
        Assert.Equal(0, replica.State.Schedule.Queue.Count);
        Assert.False(replica.TakeTurn());
    }

    [Fact]
    public void IsShort_FixedShapesAndARunOfMilliseconds_FollowsTheMeasuredCost()
    {
        using ReplicaParts fast = new(cost: Cost(0.0005));
        using ReplicaParts slow = new(cost: Cost(0.5));

        Assert.True(fast.Runner.IsShort);
        Assert.False(slow.Runner.IsShort);
    }

    private static BatchCostEstimator Cost(double secondsPerRun)
    {
        BatchCostEstimator cost = new();
        for (int rows = 1; rows <= 8; rows *= 2)
        {
            cost.Observe(rows, secondsPerRun);
        }
        return cost;
    }
}
