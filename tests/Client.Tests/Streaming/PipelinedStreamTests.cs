using System.Runtime.CompilerServices;
using OrleansInference.Client.Streaming;

namespace OrleansInference.Client.Tests.Streaming;

/// <summary>Order, errors and early ends of a stream over single calls.</summary>
public sealed class PipelinedStreamTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_AnswersThatComeBackwards_AreGivenInOrder()
    {
        TaskCompletionSource[] gates =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)),
        ];
        gates[3].SetResult();
        async Task<InferenceResult> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
        {
            int index = int.Parse(request.Id);
            await gates[index].Task.WaitAsync(cancellationToken);
            if (index > 0)
            {
                gates[index - 1].SetResult();
            }
            return Answer(request);
        }

        List<string> ids = await IdsAsync(PipelinedStream.RunAsync(Requests(4).ToAsyncEnumerable(), InferAsync, Token));

        Assert.Equal(["0", "1", "2", "3"], ids);
    }

    [Fact]
    public async Task RunAsync_ARefusedRequest_IsAnAnswerAndTheStreamGoesOn()
    {
        static Task<InferenceResult> InferAsync(InferenceRequest request, CancellationToken cancellationToken) =>
            request.Id == "1"
                ? Task.FromException<InferenceResult>(new InferenceException(InferenceError.NotFound, "none"))
                : Task.FromResult(Answer(request));

        List<(string, InferenceError, string)> answers = [];
        await foreach (
            InferenceOutcome answer in PipelinedStream.RunAsync(Requests(3).ToAsyncEnumerable(), InferAsync, Token)
        )
        {
            answers.Add((answer.Id, answer.Exception?.Error ?? InferenceError.None, answer.Exception?.Message ?? ""));
        }

        Assert.Equal(
            [("0", InferenceError.None, ""), ("1", InferenceError.NotFound, "none"), ("2", InferenceError.None, "")],
            answers
        );
    }

    [Fact]
    public async Task RunAsync_RequestsThatThrow_GiveTheAnswersBeforeThatFirst()
    {
        List<string> ids = [];

        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (InferenceOutcome answer in PipelinedStream.RunAsync(BrokenAsync(), AnswerAsync, Token))
            {
                ids.Add(answer.Id);
            }
        });

        Assert.Equal("broken", exception.Message);
        Assert.Equal(["0", "1"], ids);

        static async IAsyncEnumerable<InferenceRequest> BrokenAsync()
        {
            foreach (InferenceRequest request in Requests(2))
            {
                yield return request;
            }
            await Task.CompletedTask;
            throw new InvalidOperationException("broken");
        }
    }

    [Fact]
    public async Task RunAsync_ASequence_RunsOneAfterTheOther()
    {
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<string> begun = [];
        async Task<InferenceResult> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
        {
            lock (begun)
            {
                begun.Add(request.Id);
            }
            if (request.Id == "0")
            {
                await first.Task.WaitAsync(cancellationToken);
            }
            // The request of no sequence does not wait, and lets the first one go.
            if (request.Id == "2")
            {
                first.SetResult();
            }
            return Answer(request);
        }

        IEnumerable<InferenceRequest> requests = Requests(3)
            .Select(request =>
                request.Id == "2" ? request : request with { SequenceId = "s", SequenceStart = request.Id == "0" }
            );

        List<string> ids = await IdsAsync(PipelinedStream.RunAsync(requests.ToAsyncEnumerable(), InferAsync, Token));

        Assert.Equal(["0", "1", "2"], ids);
        Assert.Equal(["0", "2", "1"], begun);
    }

    [Fact]
    public async Task RunAsync_ReadingStopsEarly_CancelsWhatIsUnderWayAndReleasesItsAnswers()
    {
        int begun = 0;
        int ended = 0;
        int closed = 0;
        List<InferenceResult> made = [];
        async Task<InferenceResult> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
        {
            if (int.Parse(request.Id) < 3)
            {
                InferenceResult answer = Answer(request);
                lock (made)
                {
                    made.Add(answer);
                }
                return answer;
            }

            Interlocked.Increment(ref begun);
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                throw new InvalidOperationException("unreachable");
            }
            finally
            {
                Interlocked.Increment(ref ended);
            }
        }

        async IAsyncEnumerable<InferenceRequest> EndlessAsync(
            [EnumeratorCancellation] CancellationToken cancellationToken = default
        )
        {
            try
            {
                for (int i = 0; ; i++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return Request(i);
                    await Task.Yield();
                }
            }
            finally
            {
                closed++;
            }
        }

        await foreach (InferenceOutcome answer in PipelinedStream.RunAsync(EndlessAsync(Token), InferAsync, Token))
        {
            break;
        }

        Assert.Equal((1, begun), (closed, ended));
        // Whoever read the first answer has it; all others were given back.
        Assert.False(IsReleased(made[0]));
        Assert.All(made.Skip(1), answer => Assert.True(IsReleased(answer)));
    }

    [Fact]
    public async Task RunAsync_AReaderThatTakesNothing_IsReadAheadToALimitOnly()
    {
        int read = 0;
        TaskCompletionSource full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        async IAsyncEnumerable<InferenceRequest> CountedAsync()
        {
            for (int i = 0; i < 1000; i++)
            {
                read++;
                if (read == 17)
                {
                    full.SetResult();
                }
                yield return Request(i);
            }

            await Task.CompletedTask;
        }

        IAsyncEnumerator<InferenceOutcome> stream = PipelinedStream
            .RunAsync(CountedAsync(), AnswerAsync, Token)
            .GetAsyncEnumerator(Token);
        Assert.True(await stream.MoveNextAsync());
        await full.Task.WaitAsync(Token);
        await stream.DisposeAsync();

        Assert.InRange(read, 17, 18);
    }

    [Fact]
    public async Task RunAsync_Cancelled_Throws()
    {
        using CancellationTokenSource source = new();
        async Task<InferenceResult> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
        {
            await source.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return Answer(request);
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            IdsAsync(PipelinedStream.RunAsync(Requests(2).ToAsyncEnumerable(), InferAsync, source.Token))
        );
    }

    private static Task<InferenceResult> AnswerAsync(InferenceRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(Answer(request));

    private static InferenceResult Answer(InferenceRequest request) =>
        new()
        {
            ModelName = request.ModelName,
            Id = request.Id,
            Outputs = [new Tensor("y", TensorDatatype.UInt8, [1], new byte[1])],
        };

    private static bool IsReleased(InferenceResult answer) =>
        Record.Exception(() => answer.Outputs[0].Data) is ObjectDisposedException;

    private static IEnumerable<InferenceRequest> Requests(int count) => Enumerable.Range(0, count).Select(Request);

    private static InferenceRequest Request(int id) =>
        new()
        {
            ModelName = "m",
            Id = $"{id}",
            Inputs = [],
        };

    private static async Task<List<string>> IdsAsync(IAsyncEnumerable<InferenceOutcome> answers)
    {
        List<string> ids = [];
        await foreach (InferenceOutcome answer in answers)
        {
            using (answer)
            {
                ids.Add(answer.Id);
            }
        }

        return ids;
    }
}
