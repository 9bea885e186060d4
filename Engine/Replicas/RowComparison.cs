using System.Globalization;
using System.Runtime.InteropServices;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Engine.Replicas;

/// <summary>
/// Whether what a row gave in a batch is what it gives alone. Sums in another order differ in their last digits, so floats
/// are compared relative to the largest value of the row's own output; everything else must be equal.
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
    public static string? Difference(ReadOnlySpan<byte> batched, ReadOnlySpan<byte> alone, TensorDatatype datatype, bool rounds)
    {
        if (batched.Length != alone.Length) return $"{batched.Length} bytes in a batch, {alone.Length} alone";
        double full = rounds ? RoundedTolerance : FloatTolerance;
        double half = rounds ? RoundedTolerance : HalfTolerance;
        return datatype switch
        {
            TensorDatatype.Fp32 => Difference(Cast<float>(batched), Cast<float>(alone), value => value, full),
            TensorDatatype.Fp64 => Difference(Cast<double>(batched), Cast<double>(alone), value => value, full),
            TensorDatatype.Fp16 => Difference(Cast<Half>(batched), Cast<Half>(alone), value => (double)value, half),
            TensorDatatype.Bf16 => Difference(Cast<ushort>(batched), Cast<ushort>(alone), bits => Bfloat16.ToSingle(bits), half),
            _ => batched.SequenceEqual(alone) ? null : "other values in a batch than alone",
        };
    }

    private static ReadOnlySpan<T> Cast<T>(ReadOnlySpan<byte> bytes)
        where T : struct => MemoryMarshal.Cast<byte, T>(bytes);

    private static string? Difference<T>(ReadOnlySpan<T> batched, ReadOnlySpan<T> alone, Func<T, double> number, double tolerance)
    {
        double scale = LeastScale;
        foreach (T value in alone)
        {
            double size = Math.Abs(number(value));
            if (double.IsFinite(size)) scale = Math.Max(scale, size);
        }

        for (int i = 0; i < alone.Length; i++)
        {
            double x = number(batched[i]);
            double y = number(alone[i]);
            if (x.Equals(y) || Math.Abs(x - y) <= tolerance * scale) continue;
            return string.Create(CultureInfo.InvariantCulture, $"{x:G6} in a batch, {y:G6} alone");
        }

        return null;
    }
}
