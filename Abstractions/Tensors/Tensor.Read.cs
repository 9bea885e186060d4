using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansInference;

public sealed partial class Tensor
{
    /// <summary>The elements where they lie, with their shape. Not beyond the tensor's disposal.</summary>
    /// <exception cref="InvalidCastException">The elements are no <typeparamref name="T"/>.</exception>
    /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
    public ReadOnlyTensorSpan<T> As<T>()
        where T : unmanaged
    {
        ReadOnlySpan<T> elements = AsSpan<T>();
        if (_shape.Length == 0)
        {
            return new ReadOnlyTensorSpan<T>(elements);
        }
        return new ReadOnlyTensorSpan<T>(elements, Array.ConvertAll(_shape, dimension => (nint)dimension));
    }

    /// <summary>The elements where they lie, row major. Not beyond the tensor's disposal.</summary>
    /// <exception cref="InvalidCastException">The elements are no <typeparamref name="T"/>.</exception>
    /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
    public ReadOnlySpan<T> AsSpan<T>()
        where T : unmanaged
    {
        if (TensorElement<T>.Datatype != Datatype)
        {
            throw new InvalidCastException(
                $"Tensor '{Name}' has elements of {Datatype.WireName()}, not {typeof(T).Name}: {Reader()}."
            );
        }
        return MemoryMarshal.Cast<byte, T>(Data.Span);
    }

    /// <summary>A copy of the elements, row major.</summary>
    /// <inheritdoc cref="AsSpan{T}"/>
    public T[] ToArray<T>()
        where T : unmanaged => AsSpan<T>().ToArray();

    /// <summary>A copy of the elements with their shape.</summary>
    /// <inheritdoc cref="AsSpan{T}"/>
    public Tensor<T> ToTensor<T>()
        where T : unmanaged
    {
        T[] elements = ToArray<T>();
        return _shape.Length == 0
            ? System.Numerics.Tensors.Tensor.Create(elements)
            : System.Numerics.Tensors.Tensor.Create(elements, Array.ConvertAll(_shape, dimension => (nint)dimension));
    }

    /// <summary>The only element, as of a tensor of shape [], [1] or [1,1].</summary>
    /// <exception cref="InvalidOperationException">There are more, or none.</exception>
    /// <inheritdoc cref="AsSpan{T}"/>
    public T GetValue<T>()
        where T : unmanaged
    {
        ReadOnlySpan<T> elements = AsSpan<T>();
        return elements.Length == 1 ? elements[0] : throw NotOne(elements.Length);
    }

    /// <summary>The elements of a tensor of BYTES as texts: UTF-8, where what is none reads as U+FFFD.</summary>
    /// <exception cref="InvalidCastException">The elements are no BYTES.</exception>
    /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
    public string[] GetStrings()
    {
        if (Datatype != TensorDatatype.Bytes)
        {
            throw new InvalidCastException(
                $"Tensor '{Name}' has elements of {Datatype.WireName()}, no texts: {Reader()}."
            );
        }
        List<string> values = [];
        ReadOnlySpan<byte> rest = Data.Span;
        while (BytesElements.TryRead(ref rest, out ReadOnlySpan<byte> element))
        {
            values.Add(Encoding.UTF8.GetString(element));
        }
        return [.. values];
    }

    /// <summary>The only element of a tensor of BYTES, as text.</summary>
    /// <exception cref="InvalidOperationException">There are more, or none.</exception>
    /// <inheritdoc cref="GetStrings"/>
    public string GetString()
    {
        string[] values = GetStrings();
        return values.Length == 1 ? values[0] : throw NotOne(values.Length);
    }

    /// <summary>The numbers of a tensor of FP16, BF16, FP32 or FP64, as FP32.</summary>
    /// <exception cref="InvalidCastException">The elements are of no such datatype.</exception>
    /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
    public float[] ToSingles() =>
        Datatype switch
        {
            TensorDatatype.Fp32 => ToArray<float>(),
            TensorDatatype.Fp16 => Array.ConvertAll(ToArray<Half>(), value => (float)value),
            TensorDatatype.Fp64 => Array.ConvertAll(ToArray<double>(), value => (float)value),
            TensorDatatype.Bf16 => Array.ConvertAll(
                MemoryMarshal.Cast<byte, ushort>(Data.Span).ToArray(),
                Bfloat16.ToSingle
            ),
            _ => throw new InvalidCastException(
                $"Tensor '{Name}' has elements of {Datatype.WireName()}, no floating point: {Reader()}."
            ),
        };

    private InvalidOperationException NotOne(int count) =>
        new($"Tensor '{Name}' of shape {TensorShape.Format(_shape)} has {count} elements, not one.");

    // Which call reads this datatype.
    private string Reader() =>
        Datatype switch
        {
            TensorDatatype.Bytes => $"use {nameof(GetStrings)}",
            TensorDatatype.Bf16 => $"use {nameof(ToSingles)}",
            TensorDatatype.None => "it has no datatype",
            _ => $"use {nameof(AsSpan)}<{TensorElement.TypeOf(Datatype)?.Name}>",
        };
}
