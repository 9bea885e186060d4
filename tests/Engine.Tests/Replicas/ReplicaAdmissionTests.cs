using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Tests.Replicas;

public sealed class ReplicaAdmissionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Admit_AGoodRequest_QueuesItAndAsksForOneTurn()
    {
        using ReplicaParts replica = new();

        QueuedInference first = replica.Admit(ReplicaParts.Request(), Token);
        QueuedInference second = replica.Admit(ReplicaParts.Request(rows: 3), Token);

        Assert.Equal(2, replica.State.Schedule.Queue.Count);
        Assert.Equal(1, replica.TurnsAsked);
        Assert.Equal((0, 0), (first.RowsAhead, first.RunsUnderWay));
        Assert.Equal((1, 1), (second.RowsAhead, second.RunsUnderWay));
    }

    [Fact]
    public void Admit_AWrongShape_IsRefusedByNameAndNothingIsQueued()
    {
        using ReplicaParts replica = new();

        AdmissionResult result = replica.Admission.Admit(ReplicaParts.Request(columns: 5), Token);

        Assert.Equal(InferenceError.InvalidArgument, result.Refusal!.Error);
        Assert.Contains("'x'", result.Refusal.ErrorMessage, StringComparison.Ordinal);
        Assert.False(result.IsClosed);
        Assert.Equal((0, 0), (replica.State.Schedule.Queue.Count, replica.TurnsAsked));
    }

    [Fact]
    public void Admit_APriorityThatIsNoLevel_IsRefusedWithTheLevels()
    {
        using ReplicaParts replica = new(policy: new QueuePolicy { PriorityLevels = 2 });

        InferenceCall request = ReplicaParts.Request() with { Priority = 3 };
        AdmissionResult result = replica.Admission.Admit(request, Token);

        Assert.Equal("priority 3 is not one of model 'm', which has levels 1 to 2", result.Refusal!.ErrorMessage);
    }

    [Fact]
    public void Admit_AFullQueue_IsRefusedWithTheCount()
    {
        using ReplicaParts replica = new(limits: new BatchLimits { MaxRows = 8, MaxQueuedRequests = 1 });
        replica.Admit(ReplicaParts.Request(), Token);

        AdmissionResult result = replica.Admission.Admit(ReplicaParts.Request(), Token);

        Assert.Equal(InferenceError.ResourceExhausted, result.Refusal!.Error);
        Assert.Equal(
            "Exceeds maximum queue size: the queue of model 'm' is full: 1 of 1 requests wait",
            result.Refusal.ErrorMessage
        );
    }

    [Fact]
    public void Admit_ADeadlineThatNoIdleServerMeets_IsTheCallersError()
    {
        BatchCostEstimator cost = new();
        cost.Observe(1, 1.0);
        cost.Observe(2, 1.0);
        using ReplicaParts replica = new(cost: cost);

        InferenceCall request = ReplicaParts.Request() with { Timeout = TimeSpan.FromMilliseconds(10) };
        AdmissionResult result = replica.Admission.Admit(request, Token);

        Assert.Equal(InferenceError.DeadlineExceeded, result.Refusal!.Error);
        Assert.StartsWith(
            "the deadline in 10.0 ms cannot be met",
            result.Refusal.ErrorMessage,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Admit_AClosedReplica_TakesNothing()
    {
        using ReplicaParts replica = new();
        lock (replica.State.Gate)
        {
            replica.State.Close();
        }
        InferenceCall request = ReplicaParts.Request();

        AdmissionResult result = replica.Admission.Admit(request, Token);

        Assert.True(result.IsClosed);
        Assert.Equal(16, request.Inputs[0].Data.Length);
        Assert.True(replica.State.Drained.IsCompletedSuccessfully);
    }

    [Fact]
    public void Admit_MoreRowsThanABatchTakes_ComesInParts()
    {
        using ReplicaParts replica = new(limits: new BatchLimits { MaxRows = 2, FillToMax = true });

        Assert.Null(replica.Admit(ReplicaParts.Request(rows: 2), Token).Joined);
        Assert.NotNull(replica.Admit(ReplicaParts.Request(rows: 3), Token).Joined);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Admit_AnIdleReplicaOfShortRuns_RunsOnTheThreadThatMayWait(bool mayRun, int turns)
    {
        using ReplicaParts replica = new(cost: Short());

        QueuedInference queued = replica.Admit(ReplicaParts.Request() with { MayRunOnCaller = mayRun }, Token);

        Assert.Equal((turns, 1 - turns), (replica.TurnsOnCaller, replica.TurnsAsked));
        Assert.Equal(mayRun, queued.IsCompleted);
    }

    [Fact]
    public void Admit_AReplicaThatRunsAlready_QueuesForCompany()
    {
        using ReplicaParts replica = new(cost: Short());
        replica.Admit(ReplicaParts.Request(), Token);

        replica.Admit(ReplicaParts.Request() with { MayRunOnCaller = true }, Token);

        Assert.Equal((0, 2), (replica.TurnsOnCaller, replica.State.Schedule.Queue.Count));
    }

    private static BatchCostEstimator Short()
    {
        BatchCostEstimator cost = new();
        cost.Observe(1, 50e-6);
        cost.Observe(8, 330e-6);
        return cost;
    }
}
