using OrleansInference.Engine.Diagnostics;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Engine.Tests.Diagnostics;

public sealed class ReplicaStatisticsReadingTests
{
    private readonly ReplicaStatistics _statistics = new(TimeProvider.System);

    [Fact]
    public void Read_NothingCountedSince_IsTheSameObject()
    {
        InferenceStatistics first = _statistics.Read("m", "1", pending: 0);

        Assert.Same(first, _statistics.Read("m", "1", pending: 0));
    }

    [Fact]
    public void Read_ARunAnAnswerOrAWaitingRequestSince_IsNew()
    {
        Assert.Equal(0, _statistics.Read("m", "1", pending: 0).ExecutionCount);

        _statistics.AddRun(1, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        Assert.Equal(1, _statistics.Read("m", "1", pending: 0).ExecutionCount);
        _statistics.AddAnswer(
            InferenceError.None,
            2,
            TimeSpan.Zero,
            default,
            isLate: false,
            bytes: 0,
            isBackground: false
        );
        Assert.Equal(2, _statistics.Read("m", "1", pending: 0).InferenceCount);
        Assert.Equal(3, _statistics.Read("m", "1", pending: 3).PendingRequests);
    }
}
