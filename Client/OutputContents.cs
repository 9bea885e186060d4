namespace OrleansInference.Client;

/// <summary>
/// Validates an output's bytes by its datatype and shape. Reading past the end of a wrong one would fail far from here.
/// </summary>
internal static class OutputContents
{
    /// <summary>What is wrong with the contents; null for valid ones.</summary>
    public static string? FindProblem(
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
