using System.Globalization;
using System.Text;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>The histogram of one model version's latencies. Safe for use by several threads.</summary>
/// <param name="bounds">Upper bounds in milliseconds, ascending.</param>
internal sealed class LatencyBuckets(double[] bounds)
{
    private readonly Lock _lock = new();
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    /// <summary>Upper bounds in milliseconds, ascending.</summary>
    public IReadOnlyList<double> Bounds => bounds;

    /// <summary>One request took so many milliseconds.</summary>
    public void Add(double milliseconds)
    {
        // A value on a bound belongs beneath it.
        int index = Array.BinarySearch(bounds, milliseconds);
        lock (_lock)
        {
            _counts[index < 0 ? ~index : index]++;
            _sum += milliseconds;
        }
    }

    /// <summary>Writes it in Prometheus' text format.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="family">The metric's name.</param>
    /// <param name="labels">The labels of its series, such as <c>model="m",version="1"</c>.</param>
    public void Write(StringBuilder text, string family, string labels)
    {
        lock (_lock)
        {
            long below = 0;
            text.Append(Invariant($"{family}_count{{{labels}}} {_counts.Sum()}\n"));
            text.Append(Invariant($"{family}_sum{{{labels}}} {_sum}\n"));
            for (int i = 0; i <= bounds.Length; i++)
            {
                below += _counts[i];
                string bound = i < bounds.Length ? bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                text.Append(Invariant($"{family}_bucket{{{labels},le=\"{bound}\"}} {below}\n"));
            }
        }
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
