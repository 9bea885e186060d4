using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace OrleansInference.Client.Streaming;

/// <summary>Streams requests over a transport that has single calls only.</summary>
internal static class PipelinedStream
{
    /// <summary>
    /// Most answers that may wait to be read. The next request is read when one was, so two more can be under way.
    /// </summary>
    private const int Window = 16;

    /// <summary>Runs the requests and gives the answers in their order.</summary>
    public static async IAsyncEnumerable<InferenceOutcome> RunAsync(
        IAsyncEnumerable<InferenceRequest> requests,
        Func<InferenceRequest, CancellationToken, Task<InferenceResult>> infer,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<Task<InferenceOutcome>> answers = Channel.CreateBounded<Task<InferenceOutcome>>(
            new BoundedChannelOptions(Window) { SingleReader = true, SingleWriter = true }
        );
        Task reading = ReadAsync(requests, answers.Writer, infer, stop.Token);
        try
        {
            await foreach (
                Task<InferenceOutcome> answer in answers.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)
            )
            {
                yield return await answer.ConfigureAwait(false);
            }
        }
        finally
        {
            // Whoever stops reading stops what is under way, and nobody will dispose of those answers.
            await stop.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (answers.Reader.TryRead(out Task<InferenceOutcome>? left))
            {
                await ReleaseAsync(left).ConfigureAwait(false);
            }
        }
    }

    private static async Task ReadAsync(
        IAsyncEnumerable<InferenceRequest> requests,
        ChannelWriter<Task<InferenceOutcome>> answers,
        Func<InferenceRequest, CancellationToken, Task<InferenceResult>> infer,
        CancellationToken stop
    )
    {
        Dictionary<string, Task> sequences = [];
        Exception? failure = null;
        try
        {
            await foreach (InferenceRequest request in requests.WithCancellation(stop).ConfigureAwait(false))
            {
                Task<InferenceOutcome> answer = AnswerAsync(
                    request,
                    infer,
                    sequences.GetValueOrDefault(request.SequenceId),
                    stop
                );
                if (request.SequenceEnd)
                {
                    sequences.Remove(request.SequenceId);
                }
                else if (request.SequenceId.Length > 0)
                {
                    sequences[request.SequenceId] = answer;
                }
                try
                {
                    await answers.WriteAsync(answer, stop).ConfigureAwait(false);
                }
                catch
                {
                    // Stopped while the window was full: nobody else knows this answer.
                    await ReleaseAsync(answer).ConfigureAwait(false);
                    throw;
                }
            }
        }
        catch (Exception exception)
        {
            // It reaches whoever reads the answers, behind those that came before it.
            failure = exception;
        }

        answers.Complete(failure);
    }

    private static async Task<InferenceOutcome> AnswerAsync(
        InferenceRequest request,
        Func<InferenceRequest, CancellationToken, Task<InferenceResult>> infer,
        Task? before,
        CancellationToken stop
    )
    {
        // The one before it in its sequence, which it must not pass. How that one ended is told with its own answer.
        if (before is not null)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        try
        {
            return new InferenceOutcome(await infer(request, stop).ConfigureAwait(false));
        }
        catch (InferenceException exception)
        {
            return new InferenceOutcome(request.Id, exception);
        }
    }

    private static async Task ReleaseAsync(Task<InferenceOutcome> answer)
    {
        await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (answer.IsCompletedSuccessfully)
        {
            (await answer.ConfigureAwait(false)).Dispose();
        }
    }
}
