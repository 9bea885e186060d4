namespace OrleansInference.Onnx.RowIndependence;

/// <summary>
/// What the proof knows of a tensor: either it is the same for every batch, or one of its axes is the batch. That axis
/// has N × m entries, and entries [i × m, (i + 1) × m) depend on row i of the inputs alone.
/// </summary>
internal sealed record TracedValue
{
    /// <summary>
    /// Sizes, outermost first; null where not even the rank is known, which a batched value always is.
    /// </summary>
    public IReadOnlyList<SymbolicSize>? Shape { get; init; }

    /// <summary>The batch axis; null for a tensor that is the same for every batch.</summary>
    public int? Axis { get; init; }

    /// <summary>
    /// The contents of an integer scalar or list, where they are known. They may count rows; the tensor's shape never
    /// does.
    /// </summary>
    public IReadOnlyList<SymbolicSize>? Elements { get; init; }

    /// <summary>The contents of a short list of constant numbers.</summary>
    public IReadOnlyList<float>? Numbers { get; init; }

    /// <summary>Whether it holds rows.</summary>
    public bool IsBatched => Axis is not null;

    /// <summary>Whether its contents change with the number of rows, though not with what the rows hold.</summary>
    public bool CountsRows => Elements?.Any(element => element.CountsRows) == true;

    /// <summary>Dimensions.</summary>
    public int Rank => Shape!.Count;

    /// <summary>A tensor that is the same for every batch.</summary>
    public static TracedValue Uniform(IReadOnlyList<SymbolicSize>? shape = null) => new() { Shape = shape };

    /// <summary>A tensor whose <paramref name="axis"/> is the batch, or a uniform one for null.</summary>
    public static TracedValue Of(IReadOnlyList<SymbolicSize> shape, int? axis) => new() { Shape = shape, Axis = axis };

    /// <summary>A list of integers, or a scalar.</summary>
    public static TracedValue Integers(IReadOnlyList<SymbolicSize> elements, bool isScalar = false) =>
        new() { Shape = isScalar ? [] : [SymbolicSize.Of(elements.Count)], Elements = elements };
}
