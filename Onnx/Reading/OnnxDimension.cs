using System.Globalization;

namespace OrleansInference.Onnx.Reading;

/// <summary>One dimension of a graph input or output: a size, a name that stands for a size, or neither.</summary>
public readonly record struct OnnxDimension
{
    private OnnxDimension(long size, string? symbol)
    {
        Size = size;
        Symbol = symbol;
    }

    /// <summary>A dimension of any size, without a name.</summary>
    public static OnnxDimension Free { get; } = new(-1, null);

    /// <summary>The size, 0 or more; -1 where it is free.</summary>
    public long Size { get; }

    /// <summary>The name of a free dimension, if it has one: equal names in one model are equal sizes.</summary>
    public string? Symbol { get; }

    /// <summary>Whether requests choose the size.</summary>
    public bool IsFree => Size < 0;

    /// <summary>A size; any negative number is <see cref="Free"/>.</summary>
    public static OnnxDimension Of(long size) => size < 0 ? Free : new OnnxDimension(size, null);

    /// <summary>A free dimension with a name; <see cref="Free"/> where the name is empty.</summary>
    public static OnnxDimension Of(string symbol) =>
        string.IsNullOrEmpty(symbol) ? Free : new OnnxDimension(-1, symbol);

    /// <summary><see cref="Of(long)"/>, so that shapes read <c>["batch", 3]</c>.</summary>
    public static implicit operator OnnxDimension(long size) => Of(size);

    /// <summary><see cref="Of(string)"/>, so that shapes read <c>["batch", 3]</c>.</summary>
    public static implicit operator OnnxDimension(string symbol) => Of(symbol);

    /// <inheritdoc/>
    public override string ToString() => Symbol ?? Size.ToString(CultureInfo.InvariantCulture);
}
