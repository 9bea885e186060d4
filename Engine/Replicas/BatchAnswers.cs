using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Replicas;

/// <summary>Hands each request of a batch that has run its own rows, and counts the run.</summary>
internal sealed class BatchAnswers(ReplicaSpec spec, ReplicaStatistics statistics, EngineClock clock)
{
    /// <summary>
    /// Answers this small are written by the engine thread itself, which saves a thread switch for each: about a tenth
    /// of the CPU of a small request. Larger ones would keep the next batch waiting.
    /// </summary>
    private const int InlineBytes = 64 << 10;

    /// <summary>Gives answers in the order of the requests; null where each leaves as soon as it has run.</summary>
    public AnswerOrder? Order { get; init; }

    /// <summary>Answers a request that has run, in its turn where the model keeps their order.</summary>
    /// <param name="request">The request.</param>
    /// <param name="response">Its answer, which is taken over.</param>
    /// <param name="inline">Whether the waiter may go on on this thread.</param>
    public void Give(QueuedInference request, InferenceAnswer response, bool inline)
    {
        if (Order is null || request.Request.Background)
        {
            request.TryComplete(response, inline);
        }
        else
        {
            Order.Give(request, response);
        }
    }

    /// <summary>Completes the batch's requests, unless some of their rows are still to run (step 15).</summary>
    /// <param name="entries">The batch.</param>
    /// <param name="blocks">Its outputs, in the model's order; the caller disposes them.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="start">When the turn began.</param>
    /// <param name="run">The run, for its times.</param>
    /// <exception cref="InvalidDataException">The parts of a request, or an output and the input whose shapes divide it
    /// up, do not fit together.</exception>
    public void Split(
        List<BatchEntry<QueuedInference>> entries,
        OutputBlock[] blocks,
        int rows,
        TimeSpan start,
        BatchRun run
    )
    {
        if (spec.Signature.IsRagged)
        {
            RequireScattered(entries, blocks);
        }
        bool whole = entries.Count == 1 && entries[0].IsWhole;
        bool inline = Bytes(blocks) <= InlineBytes;
        Span<int> offsets = stackalloc int[blocks.Length];
        // Counted before the first answer is out: whoever reads the statistics after it finds this run in them.
        if (entries.Exists(static entry => !entry.Request.Request.IsProbe))
        {
            statistics.AddRun(rows, run.GatheredAt - start, run.RanAt - run.GatheredAt, clock.Now - run.RanAt);
        }

        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            Tensor[] outputs = Outputs(entry, blocks, rows, offsets, whole);
            if (!entry.IsWhole)
            {
                if (entry.Request.Joined!.Add(entry.Start, entry.Rows, outputs) is not { } joined)
                {
                    continue;
                }
                outputs = joined;
            }

            Give(
                entry.Request,
                new InferenceAnswer
                {
                    ModelName = entry.Request.Request.ModelName,
                    ModelVersion = spec.Version,
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

    /// <summary>
    /// Which output has not a row for each row of the batch; null where none lacks any, or one whole request ran alone.
    /// </summary>
    public string? MissingRows(List<BatchEntry<QueuedInference>> entries, OutputBlock[] blocks, int rows)
    {
        if (entries.Count == 1 && entries[0].IsWhole)
        {
            return null;
        }
        for (int i = 0; i < blocks.Length; i++)
        {
            if (spec.Signature.Outputs[i].ScatterSource is null && !HasRows(blocks[i], rows))
            {
                return $"output '{spec.Signature.Outputs[i].Name}' had shape {TensorShape.Format(blocks[i].Shape)} "
                    + $"for a batch of {rows} rows";
            }
        }

        return null;
    }

    /// <summary>Whether every output has a row for each row of the batch.</summary>
    public static bool HasRows(OutputBlock[] blocks, int rows) => blocks.All(block => HasRows(block, rows));

    private static long Bytes(OutputBlock[] blocks)
    {
        long bytes = 0;
        foreach (OutputBlock block in blocks)
        {
            bytes += block.Buffer.Length;
        }
        return bytes;
    }

    private static bool HasRows(OutputBlock block, int rows) => block.Shape.Length > 0 && block.Shape[0] == rows;

    private Tensor[] Outputs(
        BatchEntry<QueuedInference> entry,
        OutputBlock[] blocks,
        int rows,
        Span<int> offsets,
        bool whole
    )
    {
        string[] requested = entry.Request.Request.RequestedOutputs;
        Tensor[] outputs = new Tensor[requested.Length == 0 ? blocks.Length : requested.Length];
        for (int i = 0; i < blocks.Length; i++)
        {
            TensorSpec output = spec.Signature.Outputs[i];
            (long[] shape, TensorBuffer buffer) = blocks[i];
            int length = buffer.Length;
            int offset = offsets[i];
            if (output.ScatterSource is { } source)
            {
                shape = entry.Request.Inputs[source]!.Shape.ToArray();
                length = BytesOf(buffer.Span[offset..], output.Datatype, Elements(shape));
                offsets[i] += length;
            }
            else if (!whole)
            {
                shape = blocks[i].ShapeOf(entry.Rows);
                length =
                    output.Datatype == TensorDatatype.Bytes
                        ? BytesOf(buffer.Span[offset..], output.Datatype, Elements(shape))
                        : buffer.Length / rows * entry.Rows;
                offsets[i] += length;
            }

            for (int place = 0; place < outputs.Length; place++)
            {
                if (requested.Length != 0 ? requested[place] != output.Name : place != i)
                {
                    continue;
                }
                outputs[place] = new Tensor(
                    output.Name,
                    output.Datatype,
                    shape,
                    buffer.Memory.Slice(offset, length),
                    buffer.AddReference()
                );
            }
        }

        return outputs;
    }

    /// <summary>Bytes of the first <paramref name="elements"/> of an output.</summary>
    private static int BytesOf(ReadOnlySpan<byte> contents, TensorDatatype datatype, long elements) =>
        datatype == TensorDatatype.Bytes
            ? BytesElements.Offset(contents, elements)
            : checked((int)(elements * datatype.ElementSize()));

    /// <summary>Refuses an output that has not an element for each of the input whose shapes divide it up.</summary>
    private void RequireScattered(List<BatchEntry<QueuedInference>> entries, OutputBlock[] blocks)
    {
        for (int i = 0; i < blocks.Length; i++)
        {
            TensorSpec output = spec.Signature.Outputs[i];
            if (output.ScatterSource is not { } source)
            {
                continue;
            }
            long expected = entries.Sum(entry => BatchInputContents.Elements(entry, source));
            long found = Elements(blocks[i].Shape);
            if (found != expected)
            {
                throw new InvalidDataException(
                    $"output '{output.Name}' has {found} elements, input '{spec.Signature.Inputs[source].Name}' has "
                        + $"{expected} (batch_output)"
                );
            }
        }
    }

    private static long Elements(long[] shape)
    {
        TensorShape.TryCount(shape, out long elements);
        return elements;
    }
}
