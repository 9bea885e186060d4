using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Calls;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Replicas;

/// <summary>
/// Keeps a row of a batch now and then with what it was answered. An engine thread that has nothing else to do runs it
/// again alone. The last guard against rows that meet on real data only.
/// </summary>
internal sealed class RowAudit : IEngineWork
{
    /// <summary>Of the batches, the share that is audited: one in this many, after the first few.</summary>
    private const long Every = 64;

    /// <summary>A difference below this may be rounding, where the output is what is left of larger numbers.</summary>
    private const double MostNoise = 1e-6;

    /// <summary>Copies of a row that tell whether it is.</summary>
    private const int Copies = 8;

    /// <summary>Rows that are larger are not kept.</summary>
    private const int MaxBytes = 16 << 20;

    private readonly ModelSignature _signature;
    private readonly bool _rounds;
    private readonly Func<ModelSession?> _acquire;
    private readonly Action<string> _found;
    private readonly IEngineScheduler _scheduler;
    private readonly EngineClock _clock;
    private long _batches;
    private Kept? _kept;

    /// <summary>Audits one replica.</summary>
    /// <param name="signature">Of a model that batches.</param>
    /// <param name="rounds">Whether the model rounds to few levels.</param>
    /// <param name="acquire">Holds the session that serves; null once it is on its way out.</param>
    /// <param name="found">Told how a row differed.</param>
    /// <param name="scheduler">Runs the audit in idle time.</param>
    /// <param name="clock">Time.</param>
    public RowAudit(
        ModelSignature signature,
        bool rounds,
        Func<ModelSession?> acquire,
        Action<string> found,
        IEngineScheduler scheduler,
        EngineClock clock
    )
    {
        _signature = signature;
        _rounds = rounds;
        _acquire = acquire;
        _found = found;
        _scheduler = scheduler;
        _clock = clock;
    }

    /// <summary>A row and the bytes of its outputs.</summary>
    private sealed record Kept(QueuedInference Row, byte[][] Outputs);

    /// <summary>Rows that were run again.</summary>
    public long Audited { get; private set; }

    /// <summary>Keeps a row of a batch that has run, now and then, before its answers are given.</summary>
    /// <param name="entries">The batch.</param>
    /// <param name="blocks">Its outputs, with one row for each of <paramref name="rows"/>.</param>
    /// <param name="rows">Rows of the batch.</param>
    public void Sample(List<BatchEntry<QueuedInference>> entries, OutputBlock[] blocks, int rows)
    {
        // Alone in its batch a row has met no other.
        if (rows < 2)
        {
            return;
        }
        long batch = Interlocked.Increment(ref _batches);
        // The first ones more often: what is wrong with a model is wrong from its first batch on.
        bool isSampled = long.IsPow2(batch) && batch < Every || batch % Every == 0;
        if (!isSampled || Volatile.Read(ref _kept) is not null)
        {
            return;
        }
        // Which row is kept moves with the count, so that none is always left out.
        int place = (int)(batch * 7919 % rows);
        if (Keep(entries, blocks, rows, place) is not { } kept)
        {
            return;
        }
        if (Interlocked.CompareExchange(ref _kept, kept, null) is null)
        {
            _scheduler.ScheduleIdle(this);
        }
    }

    /// <inheritdoc />
    bool IEngineWork.IsShort => false;

    /// <inheritdoc />
    bool IEngineWork.RunTurn(EngineThread thread)
    {
        if (Volatile.Read(ref _kept) is not { } kept)
        {
            return false;
        }
        if (_acquire() is { } session)
        {
            try
            {
                if (Difference(session, kept, thread) is { } difference)
                {
                    _found(difference);
                }
                Audited++;
            }
            catch (Exception exception)
            {
                // Whatever ONNX Runtime throws ends here; an engine thread never dies of an audit.
                _found($"a row that was answered in a batch fails alone: {exception.Message}");
            }
            finally
            {
                session.Release();
            }
        }

        // Last, so that no more than one row is ever kept.
        Volatile.Write(ref _kept, null);
        return false;
    }

    private string? Difference(ModelSession session, Kept kept, EngineThread thread)
    {
        List<BatchEntry<QueuedInference>> batch = [new(kept.Row, 0, 1)];
        OutputBlock[] blocks = thread.Run.Execute(session, _signature, batch, rows: 1, thread.RunOptions, _clock);
        try
        {
            for (int i = 0; i < blocks.Length; i++)
            {
                TensorSpec spec = _signature.Outputs[i];
                string? difference = RowComparison.Difference(
                    kept.Outputs[i],
                    blocks[i].Buffer.Span,
                    spec.Datatype,
                    _rounds
                );
                if (difference is null || IsRounding(session, kept, i, blocks[i], thread))
                {
                    continue;
                }
                return $"output '{spec.Name}' had {difference}";
            }

            return null;
        }
        finally
        {
            foreach (OutputBlock block in blocks)
            {
                block.Buffer.Dispose();
            }
        }
    }

    /// <summary>
    /// Whether a tiny difference is one of rounding: then the row differs from itself too when it runs beside copies of
    /// itself.
    /// </summary>
    private bool IsRounding(ModelSession session, Kept kept, int output, OutputBlock alone, EngineThread thread)
    {
        TensorSpec spec = _signature.Outputs[output];
        if (
            RowComparison.Difference(kept.Outputs[output], alone.Buffer.Span, spec.Datatype, _rounds, MostNoise)
            is not null
        )
        {
            return false;
        }
        QueuedInference copies = SyntheticInputs.Concat(_signature, [.. Enumerable.Repeat(kept.Row, Copies)]);
        List<BatchEntry<QueuedInference>> batch = [new(copies, 0, Copies)];
        OutputBlock[] blocks = thread.Run.Execute(session, _signature, batch, Copies, thread.RunOptions, _clock);
        try
        {
            byte[] first = Row(blocks[output], output, Copies, place: 0);
            return RowComparison.Difference(first, alone.Buffer.Span, spec.Datatype, _rounds) is not null;
        }
        finally
        {
            foreach (OutputBlock block in blocks)
            {
                block.Buffer.Dispose();
            }
        }
    }

    private Kept? Keep(List<BatchEntry<QueuedInference>> entries, OutputBlock[] blocks, int rows, int place)
    {
        int start = 0;
        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            if (place >= start + entry.Rows)
            {
                start += entry.Rows;
                continue;
            }

            QueuedInference request = entry.Request;
            if (GivesMoreThanRows(request))
            {
                return null;
            }
            long outputBytes = blocks.Sum(block => (long)block.Buffer.Length) / rows;
            long inputBytes = RequestRows.Bytes(request.Request) / request.Rows;
            bool isLarge = outputBytes + inputBytes > MaxBytes;
            return isLarge
                ? null
                : new Kept(
                    Row(request, entry.Start + place - start),
                    [.. blocks.Select((block, i) => Row(block, i, rows, place))]
                );
        }

        return null;
    }

    /// <summary>Whether it gives an optional input, which belongs to the request and has no rows.</summary>
    private bool GivesMoreThanRows(QueuedInference request) =>
        _signature.Inputs.Where((spec, i) => !spec.IsBatched && request.Inputs[i] is not null).Any();

    private static QueuedInference Row(QueuedInference request, int row)
    {
        using InferenceCall slice = RequestRows.Slice(request.Request, row, 1, request.Rows);
        Tensor?[] inputs = new Tensor?[request.Inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            Tensor? input = request.Inputs[i];
            if (input is null)
            {
                continue;
            }
            Tensor own = Array.Find(slice.Inputs, other => other.Name == input.Name)!;
            // A copy: the request's memory goes back with its answer, long before the audit.
            inputs[i] = new Tensor(own.Name, own.Datatype, own.Shape.ToArray(), own.Data.ToArray());
        }

        return new QueuedInference(
            slice with
            {
                Inputs = [.. inputs.OfType<Tensor>()],
            },
            inputs,
            1,
            ShapeSignature.Unique()
        );
    }

    private byte[] Row(OutputBlock block, int output, int rows, int place)
    {
        ReadOnlySpan<byte> contents = block.Buffer.Span;
        if (_signature.Outputs[output].Datatype != TensorDatatype.Bytes)
        {
            return contents.Slice(contents.Length / rows * place, contents.Length / rows).ToArray();
        }
        TensorShape.TryCount(block.Shape, out long elements);
        int start = BytesElements.Offset(contents, elements / rows * place);
        return contents.Slice(start, BytesElements.Offset(contents[start..], elements / rows)).ToArray();
    }
}
