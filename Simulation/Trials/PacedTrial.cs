using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Simulation.Trials;

/// <summary>
/// Trials that stay short on a node with little to spare: of as few events as ran in the given time before. The
/// director shares its node's cores with requests, and a trial runs on one of them without a break. Thread-safe.
/// </summary>
/// <param name="trial">What tries plans.</param>
/// <param name="time">What it is timed by.</param>
/// <param name="seconds">Time that one trial may take, &gt; 0.</param>
public sealed class PacedTrial(IPlanTrial trial, TimeProvider time, double seconds) : IPlanTrial
{
    /// <summary>Fewer events tell plans apart no more.</summary>
    public const long LeastEvents = 6_000;

    private readonly Lock _lock = new();
    private double _eventsPerSecond = double.PositiveInfinity;
    private double _measuredEvents;
    private double _measuredSeconds;
    private long? _seed;

    /// <inheritdoc />
    public TrialResult Try(PredictedCluster cluster, ClusterPlan plan, long seed, long maxEvents)
    {
        long budget = Budget(seed, maxEvents);
        long begun = time.GetTimestamp();
        TrialResult result = trial.Try(cluster, plan, seed, budget);
        lock (_lock)
        {
            _measuredEvents += budget;
            _measuredSeconds += time.GetElapsedTime(begun).TotalSeconds;
        }

        return result;
    }

    /// <summary>
    /// Plans of one decision, which have one seed, are compared by the same requests: the pace changes between
    /// decisions only.
    /// </summary>
    private long Budget(long seed, long maxEvents)
    {
        lock (_lock)
        {
            if (_seed != seed && _measuredSeconds > 0)
            {
                _eventsPerSecond = _measuredEvents / _measuredSeconds;
                _measuredEvents = _measuredSeconds = 0;
            }

            _seed = seed;
            return (long)Math.Min(maxEvents, Math.Max(LeastEvents, _eventsPerSecond * seconds));
        }
    }
}
