using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Ensembles;

/// <summary>
/// A tensor's way between models that batch and models that do not: one row is what it is without a batch. Pure.
/// </summary>
internal static class BatchDimension
{
    /// <summary>Whether a tensor of <paramref name="maker"/> can be one for <paramref name="reader"/>.</summary>
    public static bool Fits(TensorSpec maker, TensorSpec reader) =>
        Agree(maker.Dimensions, reader.Dimensions) || Agree(Row(maker), Row(reader));

    /// <summary>
    /// The shape in which a reader takes a tensor: with a batch of one row in front, or without it; the same where
    /// nothing of that is needed, or possible.
    /// </summary>
    public static long[] For(ReadOnlySpan<long> shape, TensorSpec reader)
    {
        int missing = reader.Dimensions.Length - shape.Length;
        if (missing == 1 && reader.IsBatched)
        {
            return [1, .. shape];
        }
        if (missing == -1 && !reader.IsBatched && shape[0] == 1)
        {
            return [.. shape[1..]];
        }
        return [.. shape];
    }

    private static long[] Row(TensorSpec spec) => spec.Dimensions[(spec.IsBatched ? 1 : 0)..];

    private static bool Agree(long[] left, long[] right) =>
        left.Length == right.Length
        && left.Zip(right).All(pair => pair.First < 0 || pair.Second < 0 || pair.First == pair.Second);
}
