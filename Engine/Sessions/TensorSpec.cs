namespace OrleansInference.Engine.Sessions;

/// <summary>An input or output of a loaded model.</summary>
public sealed record TensorSpec
{
    /// <summary>Its name in the ONNX graph.</summary>
    public required string Name { get; init; }

    /// <summary>Its element type.</summary>
    public required TensorDatatype Datatype { get; init; }

    /// <summary>All dimensions as callers see them, the batch dimension included; −1 varies.</summary>
    public required long[] Dimensions { get; init; }

    /// <summary>How the graph has them, where the configuration reshapes the tensor; null where it has the same.</summary>
    internal TensorReshape? Reshape { get; init; }

    /// <summary>The graph has a default for it: a request may leave it out.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Whether the first dimension is the batch.</summary>
    public bool IsBatched { get; init; }

    /// <summary>
    /// Whether requests of different shapes share a run: the graph has one dimension, and gets their tensors one behind
    /// the other.
    /// </summary>
    internal bool IsRagged { get; init; }

    /// <summary>
    /// Of an output that the graph gives in one dimension: the index of the input whose shapes divide it up. Null for
    /// any other.
    /// </summary>
    internal int? ScatterSource { get; init; }

    /// <summary>Whether every dimension but the batch is fixed.</summary>
    public bool IsFixed => !Dimensions.AsSpan(IsBatched ? 1 : 0).Contains(-1);

    /// <summary>
    /// Bytes of a row (of all, without a batch dimension) where the dimensions are fixed and the type is not BYTES.
    /// </summary>
    public long RowBytes
    {
        get
        {
            long elements = 1;
            foreach (long dimension in Dimensions.AsSpan(IsBatched ? 1 : 0))
            {
                elements *= dimension;
            }
            return elements * Datatype.ElementSize();
        }
    }

    /// <summary>The same tensor as the graph has it.</summary>
    internal TensorSpec Graph =>
        Reshape is null
            ? this
            : this with
            {
                Dimensions = [.. Dimensions.AsSpan(0, IsBatched ? 1 : 0), .. Reshape.Inner],
                Reshape = null,
            };

    /// <summary>The graph's shape for one as callers see it.</summary>
    internal long[] ToGraph(long[] shape) => Reshape?.ToInner(shape) ?? shape;

    /// <summary>The shape that callers see for one of the graph.</summary>
    internal long[] ToCaller(long[] shape) => Reshape?.ToOuter(shape) ?? shape;
}
