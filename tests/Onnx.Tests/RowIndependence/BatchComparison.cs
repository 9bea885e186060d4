using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Onnx.Messages;
using Kind = OrleansInference.Onnx.Messages.TensorProto.Types.DataType;

namespace OrleansInference.Onnx.Tests.RowIndependence;

/// <summary>Runs a model on rows together and apart, and compares.</summary>
internal sealed class BatchComparison : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();

    public BatchComparison(ModelProto model)
    {
        if (Environment.GetEnvironmentVariable("FZ") is { } fz)
        {
            File.WriteAllBytes(fz, model.ToByteArray());
        }
        using SessionOptions options = new()
        {
            IntraOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        _session = new InferenceSession(model.ToByteArray(), options);
    }

    /// <summary>A tensor's bytes.</summary>
    internal sealed record Tensor(Kind Type, long[] Shape, byte[] Bytes);

    /// <summary>
    /// Inputs of a number of rows; floats are integers times a power of two for each row, so that sums are exact.
    /// </summary>
    public static Dictionary<string, Tensor> Values(
        IEnumerable<(string Name, Kind Type, long[] Shape)> inputs,
        int rows,
        int seed,
        double scale
    )
    {
        Random random = new(seed);
        Dictionary<string, Tensor> values = [];
        foreach ((string name, Kind type, long[] shape) in inputs)
        {
            long[] sized = [rows, .. shape.Skip(1)];
            int perRow = (int)shape.Skip(1).Aggregate(1L, (product, size) => product * size);
            if (type == Kind.Int64)
            {
                long[] integers = [.. Enumerable.Range(0, rows * perRow).Select(_ => (long)random.Next(4))];
                values[name] = new Tensor(type, sized, MemoryMarshal.AsBytes(integers.AsSpan()).ToArray());
                continue;
            }

            float[] floats = new float[rows * perRow];
            for (int row = 0; row < rows; row++)
            {
                double magnitude = Math.Pow(2, Math.Round(scale * random.Next(-3, 4)));
                for (int i = 0; i < perRow; i++)
                {
                    floats[(row * perRow) + i] = (float)(random.Next(-8, 9) * magnitude);
                }
            }

            values[name] = new Tensor(type, sized, MemoryMarshal.AsBytes(floats.AsSpan()).ToArray());
        }

        return values;
    }

    /// <summary>Rows from <paramref name="start"/> on.</summary>
    public static Dictionary<string, Tensor> Rows(Dictionary<string, Tensor> inputs, int start, int count) =>
        inputs.ToDictionary(pair => pair.Key, pair => Slice(pair.Value, start, count));

    public Tensor[] Run(Dictionary<string, Tensor> inputs)
    {
        string[] names = [.. inputs.Keys];
        OrtValue[] values = [.. names.Select(name => Value(inputs[name]))];
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(
                _options,
                names,
                values,
                [.. _session.OutputNames]
            );
            return [.. outputs.Select(Copy)];
        }
        finally
        {
            foreach (OrtValue value in values)
            {
                value.Dispose();
            }
        }
    }

    /// <summary>
    /// What differs between rows that ran together and parts of them that ran apart; null where nothing does.
    /// </summary>
    public string? Difference(Dictionary<string, Tensor> inputs, int[] parts)
    {
        int start = 0;
        List<Tensor[]> apart = [];
        foreach (int count in parts)
        {
            apart.Add(Run(Rows(inputs, start, count)));
            start += count;
        }

        Tensor[] together;
        try
        {
            together = Run(inputs);
        }
        catch (OnnxRuntimeException exception)
        {
            return $"apart it runs, together it does not: {exception.Message}";
        }

        for (int output = 0; output < together.Length; output++)
        {
            start = 0;
            for (int part = 0; part < parts.Length; part++)
            {
                Tensor alone = apart[part][output];
                if (
                    together[output].Shape is not [var all, ..]
                    || all != parts.Sum()
                    || alone.Shape is not [var own, ..]
                    || own != parts[part]
                )
                {
                    return $"rows: {Text(together[output])} together, {Text(alone)} of {parts[part]} apart";
                }
                if (Difference(Slice(together[output], start, parts[part]), alone) is { } difference)
                {
                    return difference;
                }
                start += parts[part];
            }
        }

        return null;
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }

    private static string? Difference(Tensor together, Tensor alone)
    {
        if (!together.Shape.SequenceEqual(alone.Shape))
        {
            return $"{Text(together)} together, {Text(alone)} apart";
        }
        if (alone.Type != Kind.Float)
        {
            return together.Bytes.AsSpan().SequenceEqual(alone.Bytes) ? null : "integers differ";
        }
        ReadOnlySpan<float> a = MemoryMarshal.Cast<byte, float>(together.Bytes);
        ReadOnlySpan<float> b = MemoryMarshal.Cast<byte, float>(alone.Bytes);
        double scale = 1e-37;
        foreach (float value in b)
        {
            if (float.IsFinite(value))
            {
                scale = Math.Max(scale, Math.Abs(value));
            }
        }
        for (int i = 0; i < a.Length; i++)
        {
            bool same = a[i].Equals(b[i]) || Math.Abs((double)a[i] - b[i]) <= 1e-3 * scale;
            if (!same)
            {
                return $"{a[i]:R} together, {b[i]:R} apart, at a scale of {scale:G3}";
            }
        }

        return null;
    }

    private static string Text(Tensor tensor) => $"[{string.Join(", ", tensor.Shape)}]";

    private static Tensor Slice(Tensor tensor, int start, int count)
    {
        int rowBytes = tensor.Bytes.Length / (int)Math.Max(1, tensor.Shape[0]);
        return tensor with
        {
            Shape = [count, .. tensor.Shape.Skip(1)],
            Bytes = tensor.Bytes[(start * rowBytes)..((start + count) * rowBytes)],
        };
    }

    private static OrtValue Value(Tensor tensor) =>
        tensor.Type == Kind.Int64
            ? OrtValue.CreateTensorValueFromMemory(MemoryMarshal.Cast<byte, long>(tensor.Bytes).ToArray(), tensor.Shape)
            : OrtValue.CreateTensorValueFromMemory(
                MemoryMarshal.Cast<byte, float>(tensor.Bytes).ToArray(),
                tensor.Shape
            );

    private static Tensor Copy(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        byte[] bytes = info.ElementCount == 0 ? [] : value.GetTensorMutableRawData().ToArray();
        return new Tensor((Kind)(int)info.ElementDataType, info.Shape, bytes);
    }
}
