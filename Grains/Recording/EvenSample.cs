namespace OrleansInference.Grains.Recording;

/// <summary>Samples a share of numbered requests evenly, without a clock or a generator.</summary>
internal static class EvenSample
{
    private const double GoldenRatio = 0.6180339887498949;

    /// <summary>Whether a request belongs to the sample.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="share">The share to sample, from 0 to 1.</param>
    public static bool Includes(long number, double share) =>
        // The fractional parts of multiples of the golden ratio fill the unit interval evenly.
        number * GoldenRatio % 1
        < share;
}
