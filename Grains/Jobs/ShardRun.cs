using System.Buffers;
using System.Globalization;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Jobs.Formats;

namespace OrleansInference.Grains.Jobs;

/// <summary>
/// One attempt at a shard: it sends the shard's rows, in order, through the model into a file of its own. One rename
/// makes the file the part, when it is whole and on disk. Attempts at one shard may run side by side: the last one
/// replaces the part by one with the same rows.
/// </summary>
internal sealed class ShardRun(ShardRequests requests, BulkShardPlan plan, BulkRange range, int requestsInFlight)
{
    private long _rows;

    /// <summary>Rows inferred.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>The path of a shard's part.</summary>
    public static string Part(string parts, int index) =>
        Path.Combine(parts, string.Create(CultureInfo.InvariantCulture, $"part-{index:D6}"));

    /// <summary>Infers all rows of the shard and writes its part.</summary>
    /// <exception cref="InferenceException">A row or the model is wrong, or the model did not answer.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        string part = Part(plan.Parts, range.Index);
        string attempt = $"{part}.{Guid.NewGuid():N}.tmp";
        try
        {
            // Never makes the folder: a run that outlived a cancelled job must find nowhere to write.
            await using (
                FileStream target = new(
                    attempt,
                    FileMode.CreateNew,
                    FileAccess.ReadWrite,
                    FileShare.None,
                    1 << 16,
                    FileOptions.Asynchronous
                )
            )
            {
                IRowWriter writer = RowFormats
                    .Find(plan.Spec.OutputFormat, plan.Spec.Output, "output_format")
                    .Create(target);
                await InferAsync(writer, cancellationToken).ConfigureAwait(false);
                await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
                await target.FlushAsync(cancellationToken).ConfigureAwait(false);
                // On disk before the rename: a part that is there after a crash is whole.
                target.Flush(flushToDisk: true);
            }

            File.Move(attempt, part, overwrite: true);
        }
        finally
        {
            Delete(attempt);
        }
    }

    private static void Delete(string attempt)
    {
        try
        {
            File.Delete(attempt);
        }
        catch (DirectoryNotFoundException)
        {
            // It went with the folder of a job that was cancelled.
        }
    }

    private async Task InferAsync(IRowWriter writer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Queue<(int Rows, Task<InferenceAnswer> Answer)> underWay = new();
        IRowReader reader = await RowFormats
            .Find(plan.Spec.InputFormat, plan.Spec.Input, "input_format")
            .OpenAsync(plan.Spec.Input, plan.Inputs, range, cancellationToken)
            .ConfigureAwait(false);
        try
        {
            for (long row = range.Start; row < range.End; )
            {
                ArrayBufferWriter<byte>[] contents = [.. plan.Inputs.Select(_ => new ArrayBufferWriter<byte>())];
                int rows = await reader
                    .ReadAsync(plan.IsBatched ? plan.Spec.RowsPerRequest : 1, contents, cancellationToken)
                    .ConfigureAwait(false);
                // Written in the order of the rows, whichever answer comes first.
                if (underWay.Count == requestsInFlight)
                {
                    await WriteAsync(underWay.Dequeue(), writer, cancellationToken).ConfigureAwait(false);
                }
                underWay.Enqueue(
                    (
                        rows,
                        requests.SendAsync(
                            row,
                            rows,
                            [.. contents.Select(buffer => buffer.WrittenMemory)],
                            abandoned.Token
                        )
                    )
                );
                row += rows;
            }

            while (underWay.TryDequeue(out (int Rows, Task<InferenceAnswer> Answer) next))
            {
                await WriteAsync(next, writer, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            await abandoned.CancelAsync().ConfigureAwait(false);
            foreach ((int _, Task<InferenceAnswer> answer) in underWay)
            {
                // Nobody writes these answers, and their tensors must be given back.
                await DropAsync(answer).ConfigureAwait(false);
            }
        }
    }

    private async Task WriteAsync(
        (int Rows, Task<InferenceAnswer> Answer) next,
        IRowWriter writer,
        CancellationToken cancellationToken
    )
    {
        using InferenceAnswer response = await next.Answer.ConfigureAwait(false);
        await writer
            .WriteAsync(
                next.Rows,
                [.. response.Outputs.Select(output => new OutputColumn(output, next.Rows, plan.IsBatched))],
                cancellationToken
            )
            .ConfigureAwait(false);
        Interlocked.Add(ref _rows, next.Rows);
    }

    private static async Task DropAsync(Task<InferenceAnswer> answer)
    {
        await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (answer.IsCompletedSuccessfully)
        {
            (await answer.ConfigureAwait(false)).Dispose();
        }
    }
}
