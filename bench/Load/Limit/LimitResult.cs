using OrleansInference.Load.Compare;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Limit;

/// <summary>The runs of one scenario, all taken in the same minutes.</summary>
internal sealed class LimitResult(Scenario scenario)
{
    public Scenario Scenario { get; } = scenario;

    public List<LoadResult> Echo { get; } = [];

    public List<LoadResult> Baseline { get; } = [];

    /// <summary>Runs a second of one caller.</summary>
    public List<double> RunsAlone { get; } = [];

    /// <summary>Runs a second of <see cref="Callers"/>.</summary>
    public List<double> RunsTogether { get; } = [];

    /// <summary>As many runs as can go on at once: no more than connections, nor than cores.</summary>
    public int Callers => Math.Min(Scenario.Connections, Environment.ProcessorCount);

    public long Errors => Echo.Concat(Baseline).Sum(result => result.Errors.Values.Sum());

    public double EchoPerSecond => Median.Of(Echo.Select(run => run.Throughput));

    public double BaselinePerSecond => Median.Of(Baseline.Select(run => run.Throughput));

    /// <summary>
    /// Requests a second: each takes its share of the machine for HTTP, and then its share for the run.
    /// </summary>
    public double Limit => OneByOne(EchoPerSecond, Median.Of(RunsTogether));

    /// <summary>What two steps, one after the other, give of which each alone gives so many a second.</summary>
    public static double OneByOne(double first, double second) => 1 / ((1 / first) + (1 / second));
}
