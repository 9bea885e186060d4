namespace OrleansInference.Engine.Batching;

/// <summary>One output of one run: pooled bytes in wire layout, shared by the requests of the batch.</summary>
/// <param name="Shape">Dimensions as the model gave them, in the form that callers see.</param>
/// <param name="Buffer">The contents; holds one reference.</param>
internal readonly record struct OutputBlock(long[] Shape, TensorBuffer Buffer)
{
    /// <summary>Shape of <paramref name="rows"/> of its rows.</summary>
    public long[] ShapeOf(int rows)
    {
        long[] shape = (long[])Shape.Clone();
        shape[0] = rows;
        return shape;
    }
}
