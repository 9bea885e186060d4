using OrleansInference.Scheduling.Admission;

namespace OrleansInference.Scheduling.Tests.Admission;

public sealed class DeadlineAdmissionTests
{
    private static readonly TimeSpan Now = TimeSpan.FromSeconds(100);

    [Fact]
    public void Decide_NothingMeasured_AdmitsUntilTheDeadline()
    {
        ReplicaLoad load = new(1000, 2, 2, 8, SecondsPerBatch: 0, OwnSeconds: 0);

        Assert.True(DeadlineAdmission.Decide(load, Now, Now + TimeSpan.FromTicks(1)).Admit);
        Assert.False(DeadlineAdmission.Decide(load, Now, Now).Admit);
    }

    [Theory]
    [InlineData(0, 0, 0.010)]
    [InlineData(8, 0, 0.020)]
    [InlineData(16, 1, 0.030)]
    [InlineData(0, 2, 0.015)]
    public void Decide_OneRunAtATime_PredictsTheFinish(long rowsAhead, int running, double seconds)
    {
        ReplicaLoad load = new(rowsAhead, running > 1 ? 1 : 0, 1, 8, SecondsPerBatch: 0.010, OwnSeconds: 0.010);

        AdmissionDecision decision = DeadlineAdmission.Decide(load, Now, Now + TimeSpan.FromSeconds(1));

        Assert.Equal(seconds, (decision.PredictedFinish - Now).TotalSeconds, 1e-9);
    }

    [Theory]
    [InlineData(57, false)]
    [InlineData(60, true)]
    public void Decide_AWait_MustLeaveAFifthOfItself(double milliseconds, bool admitted) =>
        Assert.Equal(admitted, DeadlineAdmission.Decide(new(32, 0, 1, 8, 0.010, 0.010), Now, Now + TimeSpan.FromMilliseconds(milliseconds)).Admit);

    [Fact]
    public void Decide_MoreRunsAtOnce_FinishesSooner()
    {
        TimeSpan deadline = Now + TimeSpan.FromMilliseconds(40);

        Assert.False(DeadlineAdmission.Decide(new(32, 1, 1, 8, 0.010, 0.010), Now, deadline).Admit);
        Assert.True(DeadlineAdmission.Decide(new(32, 2, 2, 8, 0.010, 0.010), Now, deadline).Admit);
    }
}
