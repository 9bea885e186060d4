using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>Sends a shard's rows through the dispatcher, and retries while the cluster cannot answer.</summary>
internal sealed class ShardRequests(
    IRequestDispatcher dispatcher,
    BulkShardPlan plan,
    TimeSpan patience,
    TimeProvider time
)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Infers some rows.</summary>
    /// <param name="row">The first of them, for messages.</param>
    /// <param name="rows">How many.</param>
    /// <param name="contents">Raw contents for each of the plan's inputs, which must not change meanwhile.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InferenceException">The model refuses them, or nobody answered for as long as patience
    /// lasts.</exception>
    public async Task<InferenceAnswer> SendAsync(
        long row,
        int rows,
        ReadOnlyMemory<byte>[] contents,
        CancellationToken cancellationToken
    )
    {
        long begin = time.GetTimestamp();
        for (TimeSpan pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            // The dispatcher takes tensors over, so that each attempt has its own over the same memory.
            InferenceAnswer response = await dispatcher
                .InferAsync(Request(rows, contents), cancellationToken)
                .ConfigureAwait(false);
            if (response.Error == InferenceError.None)
            {
                return response;
            }
            response.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            // Where the model is only busy with work that comes first, the rows wait for as long as it takes.
            bool busy = response.Error is InferenceError.ResourceExhausted or InferenceError.DeadlineExceeded;
            if (busy)
            {
                begin = time.GetTimestamp();
            }
            if (!IsTransient(response.Error) || time.GetElapsedTime(begin) > patience)
            {
                throw new InferenceException(
                    response.Error,
                    $"rows {row} to {row + rows - 1}: {response.ErrorMessage}"
                );
            }
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Whether a retry may succeed. A model that is not found was there when the job started, so a silo may still be
    /// loading it.
    /// </summary>
    public static bool IsTransient(InferenceError error) =>
        error
            is InferenceError.Unavailable
                or InferenceError.ResourceExhausted
                or InferenceError.DeadlineExceeded
                or InferenceError.NotFound
                or InferenceError.Cancelled;

    private InferenceCall Request(int rows, ReadOnlyMemory<byte>[] contents) =>
        new()
        {
            ModelName = plan.Spec.Model,
            ModelVersion = plan.Spec.Version,
            RequestedOutputs = plan.Spec.Outputs,
            Background = true,
            Inputs =
            [
                .. plan.Inputs.Select(
                    (input, i) =>
                        new Tensor(
                            input.Name,
                            input.Datatype,
                            plan.IsBatched ? [rows, .. input.Shape] : input.Shape,
                            contents[i]
                        )
                ),
            ],
        };
}
