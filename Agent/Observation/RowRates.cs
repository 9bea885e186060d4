namespace OrleansInference.Agent.Observation;

/// <summary>
/// Rows a second that each model is run for: an exponentially weighted mean over about ten seconds. Not thread-safe.
/// </summary>
public sealed class RowRates
{
    /// <summary>
    /// Seconds over which a rate is averaged: long enough that the order of models does not follow noise.
    /// </summary>
    public const double AveragedSeconds = 10;

    private readonly Dictionary<string, double> _means = [];

    /// <summary>Rows a second by model, ≥ 0.</summary>
    public IReadOnlyDictionary<string, double> Means => _means;

    /// <summary>Takes a window in. Models that nothing can be told of keep their mean.</summary>
    public void Observe(ClusterWindow window)
    {
        ArgumentNullException.ThrowIfNull(window);
        if (window.Seconds <= 0)
        {
            return;
        }
        double gain = Math.Min(1, window.Seconds / AveragedSeconds);
        IEnumerable<ReplicaWindow> counted = window.Replicas.Where(replica => replica.IsWhole);
        foreach (IGrouping<string, ReplicaWindow> model in counted.GroupBy(replica => replica.Report.Model))
        {
            double mean = _means.GetValueOrDefault(model.Key);
            double rate = model.Sum(replica => replica.Since.Rows) / window.Seconds;
            _means[model.Key] = mean + (gain * (rate - mean));
        }
    }
}
