using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Batching;

/// <summary>
/// Memory for the inputs and outputs of a run of so many rows, bound to a session once and used run after run. Creating
/// and pinning tensors anew costs a small run as much as the model does. Used by one run at a time.
/// </summary>
internal sealed unsafe class BoundRun : IDisposable
{
    /// <summary>Tensors begin on a cache line of their own.</summary>
    private const int Alignment = 64;

    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly OrtValue[] _values;
    private readonly int[] _offsets;
    private readonly int[] _lengths;
    private readonly int _inputs;
    private byte* _memory;
    private bool _isInPlace;

    /// <summary>Binds memory for a run.</summary>
    /// <param name="session">A session on the CPU.</param>
    /// <param name="signature">Its inputs and outputs: of fixed shapes, none of BYTES, none optional.</param>
    /// <param name="rows">Rows of the run, ≥ 1; 1 for a model without a batch dimension.</param>
    public BoundRun(InferenceSession session, ModelSignature signature, int rows)
    {
        _session = session;
        Rows = rows;
        TensorSpec[] specs = [.. signature.Inputs, .. signature.Outputs];
        _inputs = signature.Inputs.Length;
        _offsets = new int[specs.Length];
        _lengths = new int[specs.Length];
        int total = 0;
        for (int i = 0; i < specs.Length; i++)
        {
            _lengths[i] = BytesOf(specs[i], rows);
            _offsets[i] = total;
            total += (_lengths[i] + Alignment - 1) / Alignment * Alignment;
        }

        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(Alignment, total), Alignment);
        _values = new OrtValue[specs.Length];
        _binding = session.CreateIoBinding();
        for (int i = 0; i < specs.Length; i++)
        {
            _values[i] = OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance,
                ElementTypes.ToElement(specs[i].Datatype),
                specs[i].ToGraph(ShapeOf(specs[i], rows)),
                (nint)(_memory + _offsets[i]),
                _lengths[i]
            );
            if (i < _inputs)
            {
                _binding.BindInput(specs[i].Name, _values[i]);
            }
            else
            {
                _binding.BindOutput(specs[i].Name, _values[i]);
            }
        }
    }

    /// <summary>Rows of the run.</summary>
    public int Rows { get; }

    /// <summary>Bytes of all inputs and outputs of a run of so many rows.</summary>
    public static long Bytes(ModelSignature signature, int rows)
    {
        long bytes = 0;
        foreach (TensorSpec spec in signature.Inputs)
        {
            bytes += BytesOf(spec, rows);
        }
        foreach (TensorSpec spec in signature.Outputs)
        {
            bytes += BytesOf(spec, rows);
        }
        return bytes;
    }

    /// <summary>Bytes of a tensor in a run of so many rows.</summary>
    /// <exception cref="OverflowException">It is more than one tensor may have.</exception>
    public static int BytesOf(TensorSpec spec, int rows) => checked((int)(spec.RowBytes * (spec.IsBatched ? rows : 1)));

    /// <summary>Where the contents of an input go, in the signature's order.</summary>
    public Span<byte> Input(int index) => new(_memory + _offsets[index], _lengths[index]);

    /// <summary>The contents of an output after a run, in the signature's order.</summary>
    public ReadOnlySpan<byte> Output(int index) => new(_memory + _offsets[_inputs + index], _lengths[_inputs + index]);

    /// <summary>Runs the model on what the inputs hold.</summary>
    /// <returns>False where ONNX Runtime put an output elsewhere: what lies here is then not the run's.</returns>
    /// <exception cref="OnnxRuntimeException">The run failed, or was terminated.</exception>
    public bool TryRun(RunOptions options)
    {
        _session.RunWithBinding(options, _binding);
        // A kernel writes where it was told, or it never does: the first run tells.
        _isInPlace = _isInPlace || AreOutputsInPlace();
        return _isInPlace;
    }

    /// <summary>The shape of a tensor in a run of so many rows, as callers see it.</summary>
    public static long[] ShapeOf(TensorSpec spec, int rows)
    {
        long[] shape = (long[])spec.Dimensions.Clone();
        if (spec.IsBatched)
        {
            shape[0] = rows;
        }
        return shape;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _binding.Dispose();
        foreach (OrtValue value in _values)
        {
            value.Dispose();
        }
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }

    private bool AreOutputsInPlace()
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = _binding.GetOutputValues();
        for (int i = 0; i < outputs.Count; i++)
        {
            Span<byte> contents = outputs[i].GetTensorMutableRawData();
            if (contents.Length != Output(i).Length || !contents.Overlaps(Output(i), out int offset) || offset != 0)
            {
                return false;
            }
        }
        return true;
    }
}
