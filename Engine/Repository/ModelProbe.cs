using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// Warms a session up with made-up requests, measures its runs by batch size, and finds out whether rows that run
/// together give what they give alone: a free first dimension may be a batch, or a sequence that must not be joined.
/// </summary>
internal sealed class ModelProbe(ModelSession session, EngineClock clock) : IDisposable
{
    private static readonly int[] FreeDimensions = [1, 8, 32, 128, 224];
    private static readonly TimeSpan ProfileTime = TimeSpan.FromMilliseconds(250);
    private readonly BatchRun _run = new();
    private readonly RunOptions _options = new();

    /// <summary>Measured runs.</summary>
    public BatchCostEstimator Cost { get; } = new();

    /// <summary>Median seconds of a run of one row, or 0 where no made-up input was accepted.</summary>
    public double FirstRowSeconds { get; private set; }

    /// <summary>Why no made-up input ran; empty when one did.</summary>
    public string Failure { get; private set; } = "";

    /// <summary>Runs the probe. Returns whether rows are independent; null when that could not be told.</summary>
    public bool? Run(ModelSignature signature)
    {
        foreach (int freeDimension in FreeDimensions)
        {
            try
            {
                FirstRowSeconds = MeasureOne(signature, freeDimension);
                Failure = "";
                if (!signature.IsBatched) return false;
                bool independent = RowsAreIndependent(signature, freeDimension);
                if (independent) Profile(signature, freeDimension);
                return independent;
            }
            catch (Exception exception) when (exception is OnnxRuntimeException or ModelLoadException)
            {
                Failure = exception.Message;
                if (signature.Inputs.All(spec => spec.IsFixed)) break;
            }
        }

        return null;
    }

    /// <summary>Runs a configured sample.</summary>
    /// <exception cref="OnnxRuntimeException">The model failed on it.</exception>
    public void Run(ModelSignature signature, QueuedRequest sample, int count)
    {
        for (int i = 0; i < count; i++) Time(signature, sample);
    }

    public void Dispose()
    {
        _run.Dispose();
        _options.Dispose();
    }

    private double MeasureOne(ModelSignature signature, int freeDimension)
    {
        QueuedRequest request = SyntheticInputs.Create(signature, 1, freeDimension, seed: 1);
        Time(signature, request);
        double[] seconds = [Time(signature, request), Time(signature, request), Time(signature, request)];
        Array.Sort(seconds);
        Cost.Observe(1, seconds[1]);
        return seconds[1];
    }

    private void Profile(ModelSignature signature, int freeDimension)
    {
        TimeSpan end = clock.Now + ProfileTime;
        for (int rows = 2; rows <= signature.MaxBatchSize && clock.Now < end; rows *= 2)
        {
            QueuedRequest request = SyntheticInputs.Create(signature, rows, freeDimension, seed: rows);
            Time(signature, request);
            Cost.Observe(rows, Math.Min(Time(signature, request), Time(signature, request)));
        }
    }

    private double Time(ModelSignature signature, QueuedRequest request)
    {
        TimeSpan start = clock.Now;
        foreach (OutputBlock block in Execute(signature, request)) block.Buffer.Dispose();
        return Math.Max(1e-7, (clock.Now - start).TotalSeconds);
    }

    private OutputBlock[] Execute(ModelSignature signature, QueuedRequest request) =>
        _run.Execute(session, signature, [new BatchEntry(request, 0, request.Rows)], _options, clock);

    private bool RowsAreIndependent(ModelSignature signature, int freeDimension)
    {
        QueuedRequest first = SyntheticInputs.Create(signature, 1, freeDimension, seed: 11);
        QueuedRequest second = SyntheticInputs.Create(signature, 1, freeDimension, seed: 23);
        OutputBlock[] a = [], b = [], both = [];
        try
        {
            a = Execute(signature, first);
            b = Execute(signature, second);
            both = Execute(signature, SyntheticInputs.Concat(signature, first, second));
            for (int i = 0; i < both.Length; i++)
            {
                if (both[i].Shape is not [2, ..] || a[i].Shape is not [1, ..] || b[i].Shape is not [1, ..]) return false;
                if (both[i].Buffer.Length != a[i].Buffer.Length + b[i].Buffer.Length) return false;
                ReadOnlySpan<byte> joint = both[i].Buffer.Span;
                TensorDatatype datatype = signature.Outputs[i].Datatype;
                if (!Close(joint[..a[i].Buffer.Length], a[i].Buffer.Span, datatype) || !Close(joint[a[i].Buffer.Length..], b[i].Buffer.Span, datatype)) return false;
            }

            return true;
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }
        finally
        {
            foreach (OutputBlock block in a.Concat(b).Concat(both)) block.Buffer.Dispose();
        }
    }

    private static bool Close(ReadOnlySpan<byte> actual, ReadOnlySpan<byte> expected, TensorDatatype datatype) => datatype switch
    {
        TensorDatatype.Fp32 => Close(MemoryMarshal.Cast<byte, float>(actual), MemoryMarshal.Cast<byte, float>(expected), value => value, 1e-3),
        TensorDatatype.Fp64 => Close(MemoryMarshal.Cast<byte, double>(actual), MemoryMarshal.Cast<byte, double>(expected), value => value, 1e-3),
        TensorDatatype.Fp16 => Close(MemoryMarshal.Cast<byte, Half>(actual), MemoryMarshal.Cast<byte, Half>(expected), value => (double)value, 2e-2),
        TensorDatatype.Bf16 => Close(MemoryMarshal.Cast<byte, ushort>(actual), MemoryMarshal.Cast<byte, ushort>(expected), Wide, 5e-2),
        _ => actual.SequenceEqual(expected),
    };

    private static double Wide(ushort bits) => Bfloat16.ToSingle(bits);

    private static bool Close<T>(ReadOnlySpan<T> actual, ReadOnlySpan<T> expected, Func<T, double> number, double tolerance)
    {
        for (int i = 0; i < actual.Length; i++)
        {
            double x = number(actual[i]), y = number(expected[i]);
            if (x.Equals(y) || Math.Abs(x - y) <= tolerance * (0.1 + Math.Abs(y))) continue;
            return false;
        }

        return true;
    }
}
