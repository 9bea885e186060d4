namespace OrleansInference;

/// <summary>Arithmetic over tensor shapes, row major; a shape of rank 0 is a scalar.</summary>
public static class TensorShape
{
    /// <summary>
    /// Product of the dimensions. False when a dimension is negative or the product does not fit 63 bits. A zero
    /// dimension does not hide an overflow of the others.
    /// </summary>
    public static bool TryCount(ReadOnlySpan<long> shape, out long elements)
    {
        elements = 1;
        bool empty = false;
        foreach (long dimension in shape)
        {
            if (dimension < 0)
            {
                return false;
            }
            if (dimension == 0)
            {
                empty = true;
                continue;
            }

            long high = Math.BigMul(elements, dimension, out long low);
            if (high != 0 || low < 0)
            {
                return false;
            }
            elements = low;
        }

        if (empty)
        {
            elements = 0;
        }
        return true;
    }

    /// <summary>The shape as a person writes it: <c>[2,3,224,224]</c>.</summary>
    public static string Format(ReadOnlySpan<long> shape) => "[" + string.Join(',', shape.ToArray()) + "]";
}
