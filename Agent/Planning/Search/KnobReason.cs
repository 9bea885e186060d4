using System.Globalization;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Planning.Search;

/// <summary>Says in a sentence why a search chose what it chose.</summary>
public static class KnobReason
{
    /// <summary>The sentence.</summary>
    /// <param name="chosen">The best point.</param>
    /// <param name="cost">What runs were measured to take.</param>
    /// <param name="sloSeconds">The objective.</param>
    /// <param name="maxRows">Most rows that the model takes.</param>
    public static string Explain(in KnobPoint chosen, BatchCost cost, double sloSeconds, int maxRows)
    {
        int rows = Math.Max(1, chosen.Knobs.MaxRows);
        int other = rows > 1 ? rows : Math.Min(8, maxRows);
        double alone = cost.Seconds(1);
        double together = cost.Seconds(other);
        double saved = 1 - (together / other / alone);
        string compared =
            $"{other} rows take {Ms(together)} together, {Ms(together / other)} a row, and {Ms(alone)} alone";
        bool breaksObjective = 2 * together > sloSeconds;
        string objective = breaksObjective ? $" and break the objective of {Ms(sloSeconds)}" : "";
        string batching =
            rows > 1 ? $"it batches up to {rows}: {compared}, {saved:P0} less"
            : other == 1 ? "the model takes one row at a time"
            : $"it does not batch: {compared}, so batching would save {Math.Max(0, saved):P0}{objective}";
        string variant = chosen.Knobs.Variant is null ? "" : $", variant {chosen.Knobs.Variant}";
        string threads = chosen.Knobs.Threads > 1 ? $"{chosen.Knobs.Threads} threads a run" : "one thread a run";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{batching}; {threads}, {chosen.Knobs.Instances} at once{variant}: "
                + $"{chosen.GoodputPerSecond:F0} rows/s in time, p50 {chosen.P50Ms:F2} ms"
        );
    }

    private static string Ms(double seconds) =>
        seconds < 1e-3
            ? (seconds * 1e6).ToString("0.0", CultureInfo.InvariantCulture) + " µs"
            : (seconds * 1e3).ToString("0.00", CultureInfo.InvariantCulture) + " ms";
}
