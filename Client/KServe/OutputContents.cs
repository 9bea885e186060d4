using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Client.KServe;

/// <summary>
/// Whether an output's bytes are what its datatype and shape say. Whoever reads past the end of a wrong one would fail
/// far from here.
/// </summary>
internal static class OutputContents
{
    /// <summary>What is wrong with them; null when nothing is.</summary>
    public static string? Problem(
        string name,
        TensorDatatype datatype,
        ReadOnlySpan<long> shape,
        ReadOnlySpan<byte> contents
    )
    {
        if (!TensorShape.TryCount(shape, out long elements))
        {
            return $"output '{name}' has shape {TensorShape.Format(shape)}";
        }
        if (datatype == TensorDatatype.Bytes)
        {
            return BytesElements.TryCount(contents, out long count) && count == elements
                ? null
                : $"output '{name}' has {contents.Length} bytes, which are not the {elements} texts of its "
                    + $"shape {TensorShape.Format(shape)}";
        }

        (long whole, long rest) = Math.DivRem((long)contents.Length, datatype.ElementSize());
        return rest == 0 && whole == elements
            ? null
            : $"output '{name}' has {contents.Length} bytes, which are not the {elements} elements of "
                + $"its datatype {datatype.WireName()} and shape {TensorShape.Format(shape)}";
    }
}
