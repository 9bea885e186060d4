using OrleansInference.Load.Measurement;
using OrleansInference.Load.Raw;

namespace OrleansInference.Load.Compare;

/// <summary>The runs of one scenario in pairs, with the in-process reference taken in the same minutes.</summary>
internal sealed class ScenarioResult(Scenario scenario)
{
    public Scenario Scenario { get; } = scenario;

    public List<LoadResult> Ours { get; } = [];

    public List<LoadResult> Baseline { get; } = [];

    /// <summary>Shares of one core that the side not under load used.</summary>
    public List<double> IdleShares { get; } = [];

    public Dictionary<RawSetting, double> Raw { get; } = [];

    public double RawBest => Raw.Values.DefaultIfEmpty().Max();

    public IEnumerable<double> PairRatios => Ours.Zip(Baseline, (ours, theirs) => ours.Throughput / theirs.Throughput);

    public long Errors => Ours.Concat(Baseline).Sum(result => result.Errors.Values.Sum());
}
