using Microsoft.Extensions.Time.Testing;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Grains.Jobs;

namespace OrleansInference.Grains.Tests.Jobs;

public sealed class ShardRequestsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task SendAsync_WhileTheModelIsAway_TriesAgainWithTheSameRowsBehindAllOthers()
    {
        Answers dispatcher = new(
            InferenceError.Unavailable,
            InferenceError.ResourceExhausted,
            InferenceError.DeadlineExceeded,
            InferenceError.None
        );

        using InferenceAnswer response = await SendAsync(dispatcher, TimeSpan.FromMinutes(1));

        Assert.Equal(InferenceError.None, response.Error);
        Assert.Equal(
            ["1,2,3,4", "1,2,3,4", "1,2,3,4", "1,2,3,4"],
            dispatcher.Seen.Select(seen => string.Join(',', seen.Data))
        );
        Assert.All(dispatcher.Seen, seen => Assert.True(seen.Background));
    }

    [Theory]
    [InlineData(InferenceError.InvalidArgument)]
    [InlineData(InferenceError.Internal)]
    public async Task SendAsync_AnErrorThatStays_IsThrownWithItsRows(InferenceError error)
    {
        Answers dispatcher = new(error);

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            SendAsync(dispatcher, TimeSpan.FromMinutes(1))
        );

        Assert.Equal((error, "rows 10 to 13: as told"), (exception.Error, exception.Message));
    }

    [Fact]
    public async Task SendAsync_NobodyAnswers_GivesUpWhenPatienceEnds()
    {
        Answers dispatcher = new([.. Enumerable.Repeat(InferenceError.Unavailable, 100)]);

        await Assert.ThrowsAsync<InferenceException>(() => SendAsync(dispatcher, TimeSpan.FromSeconds(1)));

        // At the latest after pauses of 50, 100, 200, 400 and 800 ms.
        Assert.InRange(dispatcher.Seen.Count, 2, 6);
    }

    private async Task<InferenceAnswer> SendAsync(Answers dispatcher, TimeSpan patience)
    {
        BulkShardPlan plan = new()
        {
            Spec = new BulkJobSpec
            {
                Model = "m",
                Input = "in",
                Output = "out",
            },
            Parts = "parts",
            Inputs = [new BulkInput("x", TensorDatatype.UInt8, [1], ["x"], [1])],
            IsBatched = true,
        };
        Task<InferenceAnswer> sent = new ShardRequests(dispatcher, plan, patience, _time).SendAsync(
            10,
            4,
            [new byte[] { 1, 2, 3, 4 }],
            TestContext.Current.CancellationToken
        );
        // How far the clock has run when it looks at it again makes no difference to what is asserted.
        while (!sent.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
        }
        return await sent;
    }

    /// <summary>Answers with one error after the other.</summary>
    private sealed class Answers(params InferenceError[] errors) : IRequestDispatcher
    {
        public List<(byte[] Data, bool Background)> Seen { get; } = [];

        public ValueTask<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken)
        {
            Seen.Add((request.Inputs[0].Data.ToArray(), request.Background));
            request.Dispose();
            return ValueTask.FromResult(InferenceAnswer.Failure(request, errors[Seen.Count - 1], "as told"));
        }

        public ValueTask<InferenceAnswer> InferAsync(
            InferenceCall request,
            AdmissionTicket ticket,
            CancellationToken cancellationToken
        ) => InferAsync(request, cancellationToken);

        public bool HasSequences(string modelName, string modelVersion) => false;

        public void BreakSequence(string modelName, string modelVersion, string sequenceId, string reason) =>
            throw new NotSupportedException();
    }
}
