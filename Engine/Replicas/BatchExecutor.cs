using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Replicas;

/// <summary>Runs a batch on an engine thread and hands each request its own rows.</summary>
internal sealed class BatchExecutor(
    ModelSignature signature,
    string model,
    string version,
    ReplicaStatistics statistics,
    EngineClock clock
)
{
    /// <summary>
    /// Answers this small are written by the engine thread itself, which saves a thread switch for each: about a tenth
    /// of the CPU of a small request. Larger ones would keep the next batch waiting.
    /// </summary>
    private const int InlineBytes = 64 << 10;

    /// <summary>Looks at batches now and then; null where nothing is audited.</summary>
    public RowAudit? Audit { get; set; }

    /// <summary>Told why, when a run did not give a row of output for each row of input.</summary>
    public Action<string>? OnRowsMissing { get; init; }

    /// <summary>
    /// Runs <paramref name="entries"/> and completes their requests, unless some of their rows are still to run.
    /// </summary>
    /// <param name="session">Held by the caller.</param>
    /// <param name="entries">The batch.</param>
    /// <param name="batch">Ended here, before its options could serve another run.</param>
    /// <param name="thread">The engine thread's own state.</param>
    /// <returns>Seconds of the run, or null when it failed.</returns>
    public double? Execute(
        ModelSession session,
        List<BatchEntry<QueuedInference>> entries,
        RunningBatch batch,
        EngineThread thread
    )
    {
        TimeSpan start = clock.Now;
        using Activity? activity = EngineActivity.StartBatch(model, entries);
        OutputBlock[] blocks;
        try
        {
            blocks = thread.Run.Execute(session, signature, entries, thread.RunOptions, clock);
        }
        catch (Exception exception)
        {
            // Whatever ONNX Runtime throws ends here as an answer; an engine thread never dies of a request.
            batch.End();
            if (batch.IsTerminated)
            {
                thread.RenewRunOptions();
            }
            if (entries.Count == 1 || batch.IsTerminated)
            {
                Fail(entries, exception);
            }
            else
            {
                ExecuteAlone(session, entries, thread);
            }
            return null;
        }

        batch.End();
        if (batch.IsTerminated)
        {
            thread.RenewRunOptions();
        }
        if (MissingRows(entries, blocks) is { } missing)
        {
            foreach (OutputBlock block in blocks)
            {
                block.Buffer.Dispose();
            }
            OnRowsMissing?.Invoke(missing);
            // The rows that come out follow from the data, and nobody can tell whose they are.
            List<BatchEntry<QueuedInference>> whole =
            [
                .. entries.Select(entry => new BatchEntry<QueuedInference>(entry.Request, 0, entry.Request.Rows)),
            ];
            ExecuteAlone(session, whole, thread);
            return null;
        }

        TimeSpan elapsed = clock.Now - start;
        int rows = entries.Sum(entry => entry.Rows);
        try
        {
            Split(entries, blocks, rows, start, thread.Run);
        }
        catch (Exception exception)
            when (exception is InvalidDataException or OverflowException or OutOfMemoryException)
        {
            Fail(entries, exception);
            return null;
        }
        finally
        {
            foreach (OutputBlock block in blocks)
            {
                block.Buffer.Dispose();
            }
        }

        return elapsed.TotalSeconds;
    }

    /// <summary>One bad request fails the whole run: run each by itself, so that only the bad one fails.</summary>
    private void ExecuteAlone(ModelSession session, List<BatchEntry<QueuedInference>> entries, EngineThread thread)
    {
        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            if (!entry.Request.IsCompleted)
            {
                Execute(session, [entry], new RunningBatch(thread.RunOptions, 1), thread);
            }
        }
    }

    private static void Fail(List<BatchEntry<QueuedInference>> entries, Exception exception)
    {
        InferenceError error =
            exception is OnnxRuntimeException { Message: var text }
            && text.Contains("[ErrorCode:InvalidArgument]", StringComparison.Ordinal)
                ? InferenceError.InvalidArgument
                : InferenceError.Internal;
        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            entry.Request.TryFail(error, $"inference failed: {exception.Message}");
        }
    }

    private void Split(
        List<BatchEntry<QueuedInference>> entries,
        OutputBlock[] blocks,
        int rows,
        TimeSpan start,
        BatchRun run
    )
    {
        bool whole = entries.Count == 1 && entries[0].IsWhole;
        if (rows > 1 && Audit is { } audit && HasRows(blocks, rows))
        {
            audit.Look(entries, blocks, rows);
        }

        bool inline = blocks.Sum(block => (long)block.Buffer.Length) <= InlineBytes;
        Span<int> offsets = stackalloc int[blocks.Length];
        // Counted before the first answer is out: whoever reads the statistics after it finds this run in them.
        if (entries.Exists(static entry => !entry.Request.Request.IsProbe))
        {
            statistics.AddRun(rows, run.GatheredAt - start, run.RanAt - run.GatheredAt, clock.Now - run.RanAt);
        }

        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            InferenceTensor[] outputs = Outputs(entry, blocks, rows, offsets, whole);
            if (!entry.IsWhole)
            {
                if (entry.Request.Joined!.Add(entry.Start, entry.Rows, outputs) is not { } joined)
                {
                    continue;
                }
                outputs = joined;
            }

            entry.Request.TryComplete(
                new InferenceResponse
                {
                    ModelName = entry.Request.Request.ModelName,
                    ModelVersion = version,
                    Id = entry.Request.Request.Id,
                    Outputs = outputs,
                    Timings = new InferenceTimings
                    {
                        Queue = start - entry.Request.Arrival,
                        ComputeInput = run.GatheredAt - start,
                        ComputeInfer = run.RanAt - run.GatheredAt,
                        ComputeOutput = clock.Now - run.RanAt,
                        BatchRows = rows,
                    },
                },
                inline
            );
        }
    }

    private InferenceTensor[] Outputs(
        BatchEntry<QueuedInference> entry,
        OutputBlock[] blocks,
        int rows,
        Span<int> offsets,
        bool whole
    )
    {
        string[] requested = entry.Request.Request.RequestedOutputs;
        InferenceTensor[] outputs = new InferenceTensor[requested.Length == 0 ? blocks.Length : requested.Length];
        for (int i = 0; i < blocks.Length; i++)
        {
            TensorSpec spec = signature.Outputs[i];
            (long[] shape, TensorBuffer buffer) = blocks[i];
            int length = buffer.Length;
            int offset = offsets[i];
            if (!whole)
            {
                shape = blocks[i].ShapeOf(entry.Rows);
                length =
                    spec.Datatype == TensorDatatype.Bytes
                        ? BytesElements.Offset(buffer.Span[offset..], Elements(shape))
                        : buffer.Length / rows * entry.Rows;
                offsets[i] += length;
            }

            for (int place = 0; place < outputs.Length; place++)
            {
                if (requested.Length != 0 ? requested[place] != spec.Name : place != i)
                {
                    continue;
                }
                outputs[place] = new InferenceTensor(
                    spec.Name,
                    spec.Datatype,
                    shape,
                    buffer.Memory.Slice(offset, length),
                    buffer.AddReference()
                );
            }
        }

        return outputs;
    }

    private static long Elements(long[] shape)
    {
        TensorShape.TryCount(shape, out long elements);
        return elements;
    }

    /// <summary>
    /// Which output has not a row for each row of the batch; null where none lacks any, or one whole request ran alone.
    /// </summary>
    private string? MissingRows(List<BatchEntry<QueuedInference>> entries, OutputBlock[] blocks)
    {
        if (entries.Count == 1 && entries[0].IsWhole)
        {
            return null;
        }
        int rows = entries.Sum(entry => entry.Rows);
        for (int i = 0; i < blocks.Length; i++)
        {
            if (!HasRows(blocks[i], rows))
            {
                return $"output '{signature.Outputs[i].Name}' had shape {TensorShape.Format(blocks[i].Shape)} "
                    + $"for a batch of {rows} rows";
            }
        }

        return null;
    }

    private static bool HasRows(OutputBlock[] blocks, int rows) => blocks.All(block => HasRows(block, rows));

    private static bool HasRows(OutputBlock block, int rows) => block.Shape.Length > 0 && block.Shape[0] == rows;
}
