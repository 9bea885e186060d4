using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansInference.Engine.Replicas;

/// <summary>
/// Whether what a row gave in a batch is what it gives alone. Sums in another order differ in their last digits, so
/// floats are compared relative to the largest value of the row's own output; everything else must be equal.
/// </summary>
internal static class RowComparison
{
    private const double FloatTolerance = 1e-3;
    private const double HalfTolerance = 2e-2;

    /// <summary>Of a graph that rounds to few levels: a value near the border of two may land on either.</summary>
    private const double RoundedTolerance = 5e-2;

    /// <summary>Outputs smaller than this are noise around zero.</summary>
    private const double LeastScale = 1e-30;

    /// <summary>The first difference as text, or null where there is none.</summary>
    /// <param name="batched">The row's output from a batch.</param>
    /// <param name="alone">Its output from a run of its own.</param>
    /// <param name="datatype">Their element type.</param>
    /// <param name="rounds">Whether the model rounds to few levels.</param>
    /// <param name="noise">Floats that are no further apart than this are equal, whatever the size of the row's
    /// output.</param>
    public static string? Difference(
        ReadOnlySpan<byte> batched,
        ReadOnlySpan<byte> alone,
        TensorDatatype datatype,
        bool rounds,
        double noise = 0
    )
    {
        if (batched.Length != alone.Length)
        {
            return $"{batched.Length} bytes in a batch, {alone.Length} alone";
        }
        if (Numbers(alone, datatype) is not { } expected)
        {
            return batched.SequenceEqual(alone) ? null : "other values in a batch than alone";
        }
        double[] found = Numbers(batched, datatype)!;
        double tolerance = Math.Max(noise, Tolerance(datatype, rounds) * Math.Max(LeastScale, Largest(expected)));
        for (int i = 0; i < expected.Length; i++)
        {
            // Equals, unlike ==, holds for NaN, which both may be.
            bool isEqual = found[i].Equals(expected[i]) || Math.Abs(found[i] - expected[i]) <= tolerance;
            if (!isEqual)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{found[i]:G6} in a batch, {expected[i]:G6} alone");
            }
        }

        return null;
    }

    /// <summary>
    /// The largest value of a float tensor by its size, those that are not finite left out; 0 for other types.
    /// </summary>
    public static double Largest(ReadOnlySpan<byte> contents, TensorDatatype datatype) =>
        Numbers(contents, datatype) is { } numbers ? Largest(numbers) : 0;

    private static double Largest(double[] numbers)
    {
        double largest = 0;
        foreach (double number in numbers)
        {
            if (double.IsFinite(number))
            {
                largest = Math.Max(largest, Math.Abs(number));
            }
        }

        return largest;
    }

    private static double Tolerance(TensorDatatype datatype, bool rounds)
    {
        if (rounds)
        {
            return RoundedTolerance;
        }
        return datatype is TensorDatatype.Fp16 or TensorDatatype.Bf16 ? HalfTolerance : FloatTolerance;
    }

    private static double[]? Numbers(ReadOnlySpan<byte> contents, TensorDatatype datatype) =>
        datatype switch
        {
            TensorDatatype.Fp32 => Numbers(MemoryMarshal.Cast<byte, float>(contents), value => value),
            TensorDatatype.Fp64 => MemoryMarshal.Cast<byte, double>(contents).ToArray(),
            TensorDatatype.Fp16 => Numbers(MemoryMarshal.Cast<byte, Half>(contents), value => (double)value),
            TensorDatatype.Bf16 => Numbers(MemoryMarshal.Cast<byte, ushort>(contents), bits => Bfloat16.ToSingle(bits)),
            _ => null,
        };

    private static double[] Numbers<T>(ReadOnlySpan<T> values, Func<T, double> number)
    {
        double[] numbers = new double[values.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = number(values[i]);
        }
        return numbers;
    }
}
