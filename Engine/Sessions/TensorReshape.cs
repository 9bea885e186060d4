namespace OrleansInference.Engine.Sessions;

/// <summary>
/// Another shape of the same elements: what callers see, and what the graph has, both behind the batch dimension. Each
/// has as many free dimensions (−1) as the other, with as many elements between them. Pure.
/// </summary>
/// <param name="Outer">What callers see.</param>
/// <param name="Inner">What the graph has.</param>
internal sealed record TensorReshape(long[] Outer, long[] Inner)
{
    /// <summary>Whether both can hold the same elements in the same order.</summary>
    public bool IsPossible => Counts(Outer).SequenceEqual(Counts(Inner));

    /// <summary>The graph's shape for a caller's; the same where it is not of the outer form.</summary>
    public long[] ToInner(long[] shape) => Map(shape, Outer, Inner);

    /// <summary>A caller's shape for the graph's; the same where it is not of the inner form.</summary>
    public long[] ToOuter(long[] shape) => Map(shape, Inner, Outer);

    private static long[] Map(long[] shape, long[] from, long[] to)
    {
        int rest = shape.Length - from.Length;
        if (rest < 0)
        {
            return shape;
        }
        Queue<long> free = new();
        for (int i = 0; i < from.Length; i++)
        {
            if (from[i] < 0)
            {
                free.Enqueue(shape[rest + i]);
            }
            else if (from[i] != shape[rest + i])
            {
                return shape;
            }
        }
        return [.. shape[..rest], .. to.Select(size => size < 0 ? free.Dequeue() : size)];
    }

    /// <summary>Elements before, between and behind the free dimensions.</summary>
    private static List<Int128> Counts(long[] shape)
    {
        List<Int128> counts = [1];
        foreach (long size in shape)
        {
            if (size < 0)
            {
                counts.Add(1);
            }
            else
            {
                counts[^1] *= size;
            }
        }
        return counts;
    }
}
