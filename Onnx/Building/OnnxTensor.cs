using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using OrleansInference.Onnx.Messages;

namespace OrleansInference.Onnx.Building;

/// <summary>Creates constants. Shapes are outermost dimension first; no dimensions at all make a scalar.</summary>
public static class OnnxTensor
{
    /// <summary>A constant of numbers or booleans; the element type follows from <typeparamref name="T"/>.</summary>
    /// <exception cref="ArgumentException">ONNX has no such element type, or the values are not as many as the shape
    /// has elements.</exception>
    public static TensorProto Of<T>(string name, ReadOnlySpan<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        if (values.Length != Elements(shape))
        {
            throw WrongCount(name, values.Length, shape);
        }
        return Raw(name, ElementType<T>(), MemoryMarshal.AsBytes(values), shape);
    }

    /// <summary>A constant of strings.</summary>
    /// <exception cref="ArgumentException">The values are not as many as the shape has elements.</exception>
    public static TensorProto Of(string name, IReadOnlyList<string> values, params ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count != Elements(shape))
        {
            throw WrongCount(name, values.Count, shape);
        }
        TensorProto tensor = Empty(name, TensorProto.Types.DataType.String, shape);
        tensor.StringData.AddRange(values.Select(ByteString.CopyFromUtf8));
        return tensor;
    }

    /// <summary>A constant from its bytes, little-endian and row major: for element types that C# lacks.</summary>
    public static TensorProto Raw(
        string name,
        TensorProto.Types.DataType elementType,
        ReadOnlySpan<byte> littleEndian,
        params ReadOnlySpan<long> shape
    )
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException(
                "ONNX's raw data is little-endian, as this code takes the machine to be"
            );
        }
        TensorProto tensor = Empty(name, elementType, shape);
        tensor.RawData = ByteString.CopyFrom(littleEndian);
        return tensor;
    }

    /// <summary>
    /// A constant whose bytes lie in another file, at <paramref name="location"/> relative to the model's folder.
    /// </summary>
    /// <param name="name">The constant's name.</param>
    /// <param name="elementType">Its element type.</param>
    /// <param name="location">The file, with <c>/</c> between folders.</param>
    /// <param name="offset">Where its bytes start in the file.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="shape">Its shape.</param>
    public static TensorProto External(
        string name,
        TensorProto.Types.DataType elementType,
        string location,
        long offset,
        long length,
        params ReadOnlySpan<long> shape
    )
    {
        TensorProto tensor = Empty(name, elementType, shape);
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        tensor.ExternalData.Add(
            new StringStringEntryProto { Key = "offset", Value = offset.ToString(CultureInfo.InvariantCulture) }
        );
        tensor.ExternalData.Add(
            new StringStringEntryProto { Key = "length", Value = length.ToString(CultureInfo.InvariantCulture) }
        );
        return tensor;
    }

    /// <summary>The ONNX element type of a C# one.</summary>
    /// <exception cref="ArgumentException">ONNX has no such element type.</exception>
    public static TensorProto.Types.DataType ElementType<T>()
        where T : unmanaged =>
        default(T) switch
        {
            bool => TensorProto.Types.DataType.Bool,
            byte => TensorProto.Types.DataType.Uint8,
            sbyte => TensorProto.Types.DataType.Int8,
            ushort => TensorProto.Types.DataType.Uint16,
            short => TensorProto.Types.DataType.Int16,
            uint => TensorProto.Types.DataType.Uint32,
            int => TensorProto.Types.DataType.Int32,
            ulong => TensorProto.Types.DataType.Uint64,
            long => TensorProto.Types.DataType.Int64,
            Half => TensorProto.Types.DataType.Float16,
            float => TensorProto.Types.DataType.Float,
            double => TensorProto.Types.DataType.Double,
            _ => throw new ArgumentException($"ONNX has no tensors of {typeof(T)}"),
        };

    private static TensorProto Empty(string name, TensorProto.Types.DataType elementType, ReadOnlySpan<long> shape)
    {
        TensorProto tensor = new() { Name = name, DataType = (int)elementType };
        foreach (long size in shape)
        {
            tensor.Dims.Add(size);
        }
        return tensor;
    }

    private static long Elements(ReadOnlySpan<long> shape)
    {
        long elements = 1;
        foreach (long size in shape)
        {
            elements = checked(elements * size);
        }
        return elements;
    }

    private static ArgumentException WrongCount(string name, int count, ReadOnlySpan<long> shape) =>
        new(
            $"constant '{name}' has {count} values and the shape [{string.Join(", ", shape.ToArray())}] "
                + $"has {Elements(shape)}"
        );
}
