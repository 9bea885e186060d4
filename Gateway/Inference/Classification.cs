using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>The classification extension: an output's highest values as texts.</summary>
internal static class Classification
{
    /// <summary>A larger output is refused: each element becomes a text while it is ranked.</summary>
    private const int MaxElements = 1_000_000;

    /// <summary>
    /// A BYTES tensor [rows, k] of <c>value:index</c> or <c>value:index:label</c>, the highest value first; [k] for a
    /// tensor without rows.
    /// </summary>
    /// <param name="output">The tensor.</param>
    /// <param name="classes">k, at least 1; at most as many as a row has elements.</param>
    /// <param name="labels">Labels by index; may be empty.</param>
    /// <param name="isBatched">Whether the first dimension is the batch.</param>
    /// <exception cref="InferenceException">The datatype has no order.</exception>
    public static Tensor Classify(Tensor output, int classes, IReadOnlyList<string> labels, bool isBatched)
    {
        TensorShape.TryCount(output.Shape, out long elements);
        if (elements > MaxElements)
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"classification output tensor too large: '{output.Name}' has {elements} elements, at "
                    + $"most {MaxElements} are ranked"
            );
        }
        (double Key, string Text)[] values = Values(output);
        int rows = isBatched && output.Shape.Length > 0 ? (int)output.Shape[0] : 1;
        int width = rows == 0 ? 0 : values.Length / rows;
        int count = Math.Min(classes, width);
        List<byte[]> texts = [];
        for (int row = 0; row < rows; row++)
        {
            ArraySegment<(double Key, string Text)> part = new(values, row * width, width);
            // The sort is stable: of equal values the lower index comes first.
            texts.AddRange(
                Enumerable
                    .Range(0, width)
                    .OrderByDescending(index => part[index].Key)
                    .Take(count)
                    .Select(index =>
                        Encoding.UTF8.GetBytes(
                            index < labels.Count
                                ? $"{part[index].Text}:{index}:{labels[index]}"
                                : $"{part[index].Text}:{index}"
                        )
                    )
            );
        }

        byte[] contents = new byte[texts.Sum(text => text.Length + BytesElements.PrefixSize)];
        int offset = 0;
        foreach (byte[] text in texts)
        {
            offset += BytesElements.Write(contents.AsSpan(offset), text);
        }
        return new Tensor(output.Name, TensorDatatype.Bytes, isBatched ? [rows, count] : [count], contents);
    }

    private static (double Key, string Text)[] Values(Tensor output)
    {
        ReadOnlySpan<byte> data = output.Data.Span;
        return output.Datatype switch
        {
            TensorDatatype.UInt8 => Read<byte>(data),
            TensorDatatype.Int8 => Read<sbyte>(data),
            TensorDatatype.UInt16 => Read<ushort>(data),
            TensorDatatype.Int16 => Read<short>(data),
            TensorDatatype.UInt32 => Read<uint>(data),
            TensorDatatype.Int32 => Read<int>(data),
            TensorDatatype.UInt64 => Read<ulong>(data),
            TensorDatatype.Int64 => Read<long>(data),
            TensorDatatype.Fp16 => Read<Half>(data, "F6"),
            TensorDatatype.Fp32 => Read<float>(data, "F6"),
            TensorDatatype.Fp64 => Read<double>(data, "F6"),
            _ => throw new InferenceException(
                InferenceError.InvalidArgument,
                $"class result not available for output due to unsupported type '{output.Datatype.WireName()}': '{output.Name}'"
            ),
        };
    }

    private static (double Key, string Text)[] Read<T>(ReadOnlySpan<byte> data, string format = "D")
        where T : unmanaged, INumber<T>
    {
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(data);
        (double, string)[] read = new (double, string)[values.Length];
        for (int i = 0; i < read.Length; i++)
        {
            read[i] = (double.CreateSaturating(values[i]), values[i].ToString(format, CultureInfo.InvariantCulture));
        }
        return read;
    }
}
