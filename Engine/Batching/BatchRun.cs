using System.Buffers;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Emulation;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Batching;

/// <summary>
/// One call of ONNX Runtime over the rows of a batch: gathers the inputs, runs, and leaves the outputs in pooled
/// memory. A batch of one request runs on that request's own memory, without a copy. Used by one engine thread at a
/// time.
/// </summary>
internal sealed class BatchRun : IDisposable
{
    /// <summary>
    /// A run option of ONNX Runtime: the allocators whose arenas give free memory back at the end of the run; empty for
    /// none.
    /// </summary>
    private const string Shrink = "memory.enable_memory_arena_shrinkage";

    private readonly List<OrtValue> _inputs = [];
    private readonly List<OrtValue> _outputs = [];
    private readonly List<MemoryHandle> _pins = [];
    private readonly List<TensorBuffer> _gathered = [];

    /// <summary>When the last run had its inputs.</summary>
    public TimeSpan GatheredAt { get; private set; }

    /// <summary>When ONNX Runtime returned from the last run.</summary>
    public TimeSpan RanAt { get; private set; }

    /// <summary>Runs the batch on ONNX Runtime (step 14). The caller disposes the blocks' buffers.</summary>
    /// <returns>One block per output of the model, in its order.</returns>
    public OutputBlock[] Execute(
        ModelSession session,
        ModelSignature signature,
        List<BatchEntry<QueuedInference>> entries,
        int rows,
        RunOptions options,
        EngineClock clock
    )
    {
        bool shrinks = session.Device is null && session.IsUnusual(rows);
        if (!shrinks && TryRunBound(session, signature, entries, rows, options, clock) is { } answers)
        {
            return answers;
        }

        List<OutputBlock> blocks = new(signature.Outputs.Length);
        try
        {
            string[] inputNames = AddInputs(session, signature, entries, rows);
            bool placed = session.PlacesOutputs && TryPlaceOutputs(signature, entries, rows, blocks);
            GatheredAt = clock.Now;
            using System.Diagnostics.Activity? activity = EngineActivity.StartRun();
            if (session.Device is { } device)
            {
                return Emulate(device, session, blocks, placed, rows, options, clock);
            }
            if (shrinks)
            {
                options.AddRunConfigEntry(Shrink, "cpu:0");
            }
            if (placed && TryRunPlaced(session, inputNames, options))
            {
                RanAt = clock.Now;
                return [.. blocks];
            }

            foreach (OutputBlock block in blocks)
            {
                block.Buffer.Dispose();
            }
            blocks.Clear();
            using IDisposableReadOnlyCollection<OrtValue> results = session.Session.Run(
                options,
                inputNames,
                _inputs,
                session.OutputNames
            );
            RanAt = clock.Now;
            // What runs only without places has other shapes than declared, and is not given places again.
            if (placed)
            {
                session.PlacesOutputs = false;
            }
            for (int i = 0; i < results.Count; i++)
            {
                OutputBlock block = Copy(results[i]);
                blocks.Add(block with { Shape = signature.Outputs[i].ToCaller(block.Shape) });
            }
            return [.. blocks];
        }
        catch
        {
            foreach (OutputBlock block in blocks)
            {
                block.Buffer.Dispose();
            }
            throw;
        }
        finally
        {
            Dispose();
            if (shrinks)
            {
                options.AddRunConfigEntry(Shrink, "");
            }
        }
    }

    /// <summary>Releases what a run held; the instance can run again.</summary>
    public void Dispose()
    {
        foreach (OrtValue value in _inputs)
        {
            value.Dispose();
        }
        foreach (OrtValue value in _outputs)
        {
            value.Dispose();
        }
        foreach (MemoryHandle pin in _pins)
        {
            pin.Dispose();
        }
        foreach (TensorBuffer buffer in _gathered)
        {
            buffer.Dispose();
        }
        _inputs.Clear();
        _outputs.Clear();
        _pins.Clear();
        _gathered.Clear();
    }

    /// <summary>
    /// Runs a small batch on memory that is bound already. Null where its size is not bound, or where the run failed: it
    /// is run once more without, which tells the request's error from an output of another shape than declared.
    /// </summary>
    private OutputBlock[]? TryRunBound(
        ModelSession session,
        ModelSignature signature,
        List<BatchEntry<QueuedInference>> entries,
        int rows,
        RunOptions options,
        EngineClock clock
    )
    {
        if (!session.PlacesOutputs || entries[0].Request.HasNoElements)
        {
            return null;
        }
        BoundRuns runs = session.Bound(signature);
        if (runs.TryRent(rows) is not { } bound)
        {
            return null;
        }
        try
        {
            for (int i = 0; i < signature.Inputs.Length; i++)
            {
                GatherInto(bound.Input(i), entries, i);
            }
            GatheredAt = clock.Now;
            using System.Diagnostics.Activity? activity = EngineActivity.StartRun();
            if (!bound.TryRun(options))
            {
                session.PlacesOutputs = false;
                bound.Dispose();
                return null;
            }
            RanAt = clock.Now;
        }
        catch (OnnxRuntimeException) when (!options.Terminate)
        {
            bound.Dispose();
            return null;
        }
        catch
        {
            bound.Dispose();
            throw;
        }

        OutputBlock[] blocks = new OutputBlock[signature.Outputs.Length];
        for (int i = 0; i < blocks.Length; i++)
        {
            ReadOnlySpan<byte> contents = bound.Output(i);
            TensorBuffer buffer = TensorBuffer.Rent(contents.Length);
            contents.CopyTo(buffer.Span);
            blocks[i] = new OutputBlock(BoundRun.ShapeOf(signature.Outputs[i], rows), buffer);
        }
        runs.Return(bound);
        return blocks;
    }

    private static void GatherInto(Span<byte> target, List<BatchEntry<QueuedInference>> entries, int input)
    {
        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            ReadOnlySpan<byte> part = Rows(entry, input).Span;
            part.CopyTo(target);
            target = target[part.Length..];
        }
        if (target.Length > 0)
        {
            // What the last run left there must never be taken for this one's.
            throw new InvalidDataException($"the rows of input {input} are {target.Length} bytes short of the batch");
        }
    }

    /// <summary>
    /// Runs with outputs in their places. False where it failed, be it because an output has another shape than the
    /// file declares: without places it is known which.
    /// </summary>
    private bool TryRunPlaced(ModelSession session, string[] inputNames, RunOptions options)
    {
        try
        {
            session.Session.Run(options, inputNames, _inputs, session.OutputNames, _outputs);
            return true;
        }
        catch (OnnxRuntimeException) when (!options.Terminate)
        {
            return false;
        }
    }

    private OutputBlock[] Emulate(
        IEmulatedDevice device,
        ModelSession session,
        List<OutputBlock> blocks,
        bool placed,
        int rows,
        RunOptions options,
        EngineClock clock
    )
    {
        if (!placed)
        {
            throw new ModelLoadException(
                "an emulated device serves only models whose outputs have fixed shapes but for their rows"
            );
        }
        foreach (OutputBlock block in blocks)
        {
            block.Buffer.Span.Clear();
        }
        if (!device.Run(session.Settings.Emulated!, rows, () => options.Terminate))
        {
            throw new OperationCanceledException("the run was terminated");
        }
        RanAt = clock.Now;
        return [.. blocks];
    }

    private string[] AddInputs(
        ModelSession session,
        ModelSignature signature,
        List<BatchEntry<QueuedInference>> entries,
        int rows
    )
    {
        QueuedInference first = entries[0].Request;
        List<string>? names = null;
        for (int i = 0; i < signature.Inputs.Length; i++)
        {
            TensorSpec spec = signature.Inputs[i];
            Tensor? tensor = first.Inputs[i];
            if (tensor is null)
            {
                continue;
            }
            if (spec.IsOptional)
            {
                (names ??= [.. session.RequiredInputNames]).Add(spec.Name);
            }
            long[] shape = spec.IsRagged ? [Elements(entries, i)] : tensor.Shape.ToArray();
            // Requests that give optional inputs, or have no batch dimension, run alone and whole.
            bool slice = spec.IsBatched && (entries.Count > 1 || !entries[0].IsWhole);
            if (slice && !spec.IsRagged)
            {
                shape[0] = rows;
            }
            shape = spec.ToGraph(shape);
            if (spec.Datatype == TensorDatatype.Bytes)
            {
                _inputs.Add(Strings(shape, entries, i, slice));
            }
            else
            {
                _inputs.Add(Over(spec.Datatype, shape, slice ? Gather(entries, i) : tensor.Data));
            }
        }

        foreach (BatchInputSpec made in signature.BatchInputs)
        {
            (names ??= [.. session.RequiredInputNames]).Add(made.Name);
            (long[] shape, TensorBuffer buffer) = BatchInputContents.Create(made, entries);
            _gathered.Add(buffer);
            _inputs.Add(Over(made.Datatype, shape, buffer.Memory));
        }
        return names is null ? session.RequiredInputNames : [.. names];
    }

    private static long Elements(List<BatchEntry<QueuedInference>> entries, int input)
    {
        long elements = 0;
        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            elements += BatchInputContents.Elements(entry, input);
        }
        return elements;
    }

    private ReadOnlyMemory<byte> Gather(List<BatchEntry<QueuedInference>> entries, int input)
    {
        if (entries.Count == 1)
        {
            return Rows(entries[0], input);
        }
        int bytes = 0;
        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            bytes = checked(bytes + Rows(entry, input).Length);
        }
        TensorBuffer buffer = TensorBuffer.Rent(bytes);
        _gathered.Add(buffer);
        int offset = 0;
        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            ReadOnlySpan<byte> part = Rows(entry, input).Span;
            part.CopyTo(buffer.Span[offset..]);
            offset += part.Length;
        }

        return buffer.Memory;
    }

    private static ReadOnlyMemory<byte> Rows(BatchEntry<QueuedInference> entry, int input)
    {
        ReadOnlyMemory<byte> data = entry.Request.Inputs[input]!.Data;
        int rowBytes = data.Length / entry.Request.Rows;
        return data.Slice(entry.Start * rowBytes, entry.Rows * rowBytes);
    }

    private static OrtValue Strings(long[] shape, List<BatchEntry<QueuedInference>> entries, int input, bool slice)
    {
        OrtValue value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        int index = 0;
        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            Tensor tensor = entry.Request.Inputs[input]!;
            TensorShape.TryCount(tensor.Shape, out long elements);
            long perRow = slice ? elements / entry.Request.Rows : elements;
            long count = slice ? perRow * entry.Rows : elements;
            ReadOnlySpan<byte> contents = tensor.Data.Span;
            if (slice)
            {
                contents = contents[BytesElements.Offset(contents, perRow * entry.Start)..];
            }
            for (long i = 0; i < count; i++)
            {
                BytesElements.TryRead(ref contents, out ReadOnlySpan<byte> element);
                value.StringTensorSetElementAt(element, index++);
            }
        }

        return value;
    }

    /// <summary>Places every output in pooled memory beforehand, where the shapes are known without running.</summary>
    private bool TryPlaceOutputs(
        ModelSignature signature,
        List<BatchEntry<QueuedInference>> entries,
        int rows,
        List<OutputBlock> blocks
    )
    {
        if (signature.IsRagged)
        {
            return false;
        }
        foreach (TensorSpec spec in signature.Outputs)
        {
            if (!spec.IsFixed || spec.Datatype == TensorDatatype.Bytes || spec.IsBatched != signature.IsBatched)
            {
                return false;
            }
        }

        if (rows == 0 || (signature.IsBatched && entries[0].Request.HasNoElements))
        {
            return false;
        }
        foreach (TensorSpec spec in signature.Outputs)
        {
            long[] shape = BoundRun.ShapeOf(spec, rows);
            TensorBuffer buffer = TensorBuffer.Rent(BoundRun.BytesOf(spec, rows));
            blocks.Add(new OutputBlock(shape, buffer));
            _outputs.Add(Over(spec.Datatype, spec.ToGraph(shape), buffer.Memory));
        }

        return true;
    }

    private unsafe OrtValue Over(TensorDatatype datatype, long[] shape, ReadOnlyMemory<byte> data)
    {
        MemoryHandle pin = data.Pin();
        _pins.Add(pin);
        // A zero-size tensor still needs an address.
        nint address = pin.Pointer is null ? (nint)8 : (nint)pin.Pointer;
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance,
            ElementTypes.ToElement(datatype),
            shape,
            address,
            data.Length
        );
    }

    private static OutputBlock Copy(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        if (info.ElementDataType != TensorElementType.String)
        {
            ReadOnlySpan<byte> raw = info.ElementCount == 0 ? default : value.GetTensorMutableRawData();
            TensorBuffer copy = TensorBuffer.Rent(raw.Length);
            raw.CopyTo(copy.Span);
            return new OutputBlock(info.Shape, copy);
        }

        int bytes = 0;
        int count = checked((int)info.ElementCount);
        for (int i = 0; i < count; i++)
        {
            bytes = checked(bytes + BytesElements.PrefixSize + value.GetStringElementAsSpan(i).Length);
        }
        TensorBuffer buffer = TensorBuffer.Rent(bytes);
        int offset = 0;
        for (int i = 0; i < count; i++)
        {
            offset += BytesElements.Write(buffer.Span[offset..], value.GetStringElementAsSpan(i));
        }
        return new OutputBlock(info.Shape, buffer);
    }
}
