using System.Numerics.Tensors;
using System.Text;

namespace OrleansInference;

public sealed partial class Tensor
{
    /// <summary>
    /// A tensor over the caller's own elements, which are not copied and must not change until the call has ended.
    /// </summary>
    /// <typeparam name="T">
    /// <see cref="bool"/>, an integer of 8 to 64 bits, <see cref="Half"/>, <see cref="float"/> or <see cref="double"/>.
    /// </typeparam>
    /// <param name="name">The input's name in the model.</param>
    /// <param name="data">The elements, row major.</param>
    /// <param name="shape">Dimensions, outermost first. Without any: one dimension, of as many as there are.</param>
    /// <exception cref="NotSupportedException">No datatype has elements of <typeparamref name="T"/>.</exception>
    /// <exception cref="ArgumentException">The shape asks for more or fewer elements.</exception>
    public static Tensor Create<T>(string name, ReadOnlyMemory<T> data, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        TensorDatatype datatype = TensorElement<T>.Datatype;
        return new Tensor(name, datatype, Shaped(name, shape, data.Length), CastMemory<T>.ToBytes(data));
    }

    /// <inheritdoc cref="Create{T}(string, ReadOnlyMemory{T}, ReadOnlySpan{long})"/>
    public static Tensor Create<T>(string name, T[] data, params ReadOnlySpan<long> shape)
        where T : unmanaged => Create(name, new ReadOnlyMemory<T>(data), shape);

    /// <summary>A tensor of datatype BYTES: a text each, as UTF-8.</summary>
    /// <param name="name">The input's name in the model.</param>
    /// <param name="values">The texts, row major.</param>
    /// <param name="shape">Dimensions, outermost first. Without any: one dimension, of as many as there are.</param>
    /// <exception cref="ArgumentException">The shape asks for more or fewer elements.</exception>
    public static Tensor Create(string name, IReadOnlyList<string> values, params ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(values);
        long[] dimensions = Shaped(name, shape, values.Count);
        byte[] contents = new byte[values.Sum(value => BytesElements.PrefixSize + Encoding.UTF8.GetByteCount(value))];
        int length = 0;
        foreach (string value in values)
        {
            length += BytesElements.Write(contents.AsSpan(length), Encoding.UTF8.GetBytes(value));
        }
        return new Tensor(name, TensorDatatype.Bytes, dimensions, contents);
    }

    /// <summary>A tensor with the elements and the shape of another; they are copied.</summary>
    /// <exception cref="NotSupportedException">No datatype has elements of <typeparamref name="T"/>.</exception>
    public static Tensor Create<T>(string name, Tensor<T> tensor)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(tensor);
        T[] elements = new T[checked((int)tensor.FlattenedLength)];
        tensor.FlattenTo(elements);
        long[] shape = [.. tensor.Lengths];
        return new Tensor(name, TensorElement<T>.Datatype, shape, CastMemory<T>.ToBytes(elements));
    }

    /// <summary>A tensor without dimensions, of one element.</summary>
    /// <exception cref="NotSupportedException">No datatype has elements of <typeparamref name="T"/>.</exception>
    public static Tensor CreateScalar<T>(string name, T value)
        where T : unmanaged =>
        new(name, TensorElement<T>.Datatype, [], CastMemory<T>.ToBytes(new ReadOnlyMemory<T>([value])));

    /// <summary>A tensor of datatype BF16, rounded to the nearest, ties to even.</summary>
    /// <param name="name">The input's name in the model.</param>
    /// <param name="values">The numbers, row major.</param>
    /// <param name="shape">Dimensions, outermost first. Without any: one dimension, of as many as there are.</param>
    /// <exception cref="ArgumentException">The shape asks for more or fewer elements.</exception>
    public static Tensor CreateBf16(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        ushort[] bits = new ushort[values.Length];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = Bfloat16.FromSingle(values[i]);
        }
        long[] dimensions = Shaped(name, shape, bits.Length);
        return new Tensor(name, TensorDatatype.Bf16, dimensions, CastMemory<ushort>.ToBytes(bits));
    }

    private static long[] Shaped(string name, ReadOnlySpan<long> shape, int count)
    {
        if (shape.IsEmpty)
        {
            return [count];
        }
        if (!TensorShape.TryCount(shape, out long elements))
        {
            throw new ArgumentException(
                $"Tensor '{name}' cannot have shape {TensorShape.Format(shape)}: dimensions are 0 or more, and their "
                    + "product below 2^63.",
                nameof(shape)
            );
        }
        if (elements != count)
        {
            throw new ArgumentException(
                $"Tensor '{name}' is given {count} elements; its shape {TensorShape.Format(shape)} asks for {elements}.",
                nameof(shape)
            );
        }
        return shape.ToArray();
    }
}
