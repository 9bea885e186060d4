using System.Globalization;
using HdrHistogram;

namespace OrleansInference.Cli.Bench;

/// <summary>A histogram of latencies in text, with buckets that grow by a constant factor.</summary>
internal static class HistogramPlot
{
    private const int Rows = 12;
    private const int Width = 50;

    /// <summary>The lines, the fastest first.</summary>
    public static IEnumerable<string> Lines(LongHistogram latencies)
    {
        if (latencies.TotalCount == 0)
        {
            yield break;
        }
        double low = latencies.GetValueAtPercentile(0);
        double high = Math.Max(low * 1.01, latencies.GetMaxValue());
        double factor = Math.Pow(high / low, 1.0 / Rows);
        long[] counts = new long[Rows];
        foreach (HdrHistogram.Iteration.HistogramIterationValue value in latencies.RecordedValues())
        {
            counts[Math.Clamp((int)(Math.Log(value.ValueIteratedTo / low) / Math.Log(factor)), 0, Rows - 1)] +=
                value.CountAddedInThisIterationStep;
        }
        for (int i = 0; i < Rows; i++)
        {
            double from = low * Math.Pow(factor, i) / 1000;
            string edge = from.ToString("0.000", CultureInfo.InvariantCulture);
            string bar = new('#', (int)Math.Ceiling((double)counts[i] * Width / counts.Max()));
            yield return $"{edge, 10} ms |{bar} {counts[i]}";
        }
    }
}
