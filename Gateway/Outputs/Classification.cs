using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Gateway.Outputs;

/// <summary>The classification extension: an output's highest values as texts.</summary>
internal static class Classification
{
    /// <summary>
    /// A BYTES tensor [rows, k] of <c>value:index</c> or <c>value:index:label</c>, the highest value first; [k] for a
    /// tensor without rows.
    /// </summary>
    /// <param name="output">The tensor.</param>
    /// <param name="classes">k, at least 1; at most as many as a row has elements.</param>
    /// <param name="labels">Labels by index; may be empty.</param>
    /// <param name="isBatched">Whether the first dimension is the batch.</param>
    /// <exception cref="InferenceException">The datatype has no order.</exception>
    public static InferenceTensor Of(InferenceTensor output, int classes, IReadOnlyList<string> labels, bool isBatched)
    {
        double[] values = Values(output);
        int rows = isBatched && output.Shape.Length > 1 ? (int)output.Shape[0] : 1;
        int width = rows == 0 ? 0 : values.Length / rows;
        int count = Math.Min(classes, width);
        List<byte[]> texts = [];
        for (int row = 0; row < rows; row++)
        {
            ArraySegment<double> part = new(values, row * width, width);
            texts.AddRange(Enumerable.Range(0, width).OrderByDescending(index => part[index]).Take(count).Select(index => Encoding.UTF8.GetBytes(Text(part[index], index, labels))));
        }

        byte[] contents = new byte[texts.Sum(text => text.Length + BytesElements.PrefixSize)];
        int offset = 0;
        foreach (byte[] text in texts) offset += BytesElements.Write(contents.AsSpan(offset), text);
        return new InferenceTensor(output.Name, TensorDatatype.Bytes, isBatched && output.Shape.Length > 1 ? [rows, count] : [count], contents);
    }

    private static string Text(double value, int index, IReadOnlyList<string> labels)
    {
        string text = $"{value.ToString("F6", CultureInfo.InvariantCulture)}:{index}";
        return index < labels.Count ? $"{text}:{labels[index]}" : text;
    }

    private static double[] Values(InferenceTensor output)
    {
        ReadOnlySpan<byte> data = output.Data.Span;
        return output.Datatype switch
        {
            TensorDatatype.UInt8 => Convert(data, value => value),
            TensorDatatype.Int8 => Convert(MemoryMarshal.Cast<byte, sbyte>(data), value => value),
            TensorDatatype.UInt16 => Convert(MemoryMarshal.Cast<byte, ushort>(data), value => value),
            TensorDatatype.Int16 => Convert(MemoryMarshal.Cast<byte, short>(data), value => value),
            TensorDatatype.UInt32 => Convert(MemoryMarshal.Cast<byte, uint>(data), value => value),
            TensorDatatype.Int32 => Convert(MemoryMarshal.Cast<byte, int>(data), value => value),
            TensorDatatype.UInt64 => Convert(MemoryMarshal.Cast<byte, ulong>(data), value => value),
            TensorDatatype.Int64 => Convert(MemoryMarshal.Cast<byte, long>(data), value => value),
            TensorDatatype.Fp16 => Convert(MemoryMarshal.Cast<byte, Half>(data), value => (double)value),
            TensorDatatype.Fp32 => Convert(MemoryMarshal.Cast<byte, float>(data), value => value),
            TensorDatatype.Fp64 => Convert(MemoryMarshal.Cast<byte, double>(data), value => value),
            _ => throw new InferenceException(InferenceError.InvalidArgument, $"class result not available for output '{output.Name}' due to unsupported type '{output.Datatype.WireName()}'"),
        };
    }

    private static double[] Convert<T>(ReadOnlySpan<T> values, Func<T, double> convert)
    {
        double[] numbers = new double[values.Length];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = convert(values[i]);
        return numbers;
    }
}
