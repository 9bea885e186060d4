using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Research.Baselines;

/// <summary>
/// Ray Serve's autoscaler: as many replicas of a model as its requests under way ÷ a target, up quickly and down
/// slowly, placed where most memory is free.
/// </summary>
/// <param name="target">Requests under way that one replica is to have, &gt; 0.</param>
/// <param name="downSeconds">Seconds that a lower number must be wanted for.</param>
public sealed class ReplicaScaler(double target, double downSeconds) : IPlanner
{
    private readonly Dictionary<string, (double Average, TimeSpan HighAt)> _state = [];
    private readonly ReplicateWhereItFits _fits = new();
    private TimeSpan _at = TimeSpan.MinValue;
    private ClusterPlan? _plan;

    /// <inheritdoc />
    public ClusterPlan Plan(ClusterObservation observation, ClusterPlan current)
    {
        ArgumentNullException.ThrowIfNull(observation);
        double seconds = _at == TimeSpan.MinValue ? 0 : (observation.Now - _at).TotalSeconds;
        if (seconds is > 0 and < 1 && _plan is not null)
        {
            return current;
        }
        _at = observation.Now;
        ModelObservation[] models =
        [
            .. observation.Models.Select(model =>
                model with
                {
                    Pin = new ModelPin
                    {
                        MaxReplicas = Wanted(model, observation, current, seconds),
                        LoadBalance = model.Pin?.LoadBalance,
                    },
                }
            ),
        ];
        return _plan = _fits.Plan(observation with { Models = models }, current);
    }

    private int Wanted(ModelObservation model, ClusterObservation observation, ClusterPlan current, double seconds)
    {
        ReplicaReport[] replicas =
        [
            .. observation.Reports.SelectMany(report => report.Replicas).Where(replica => replica.Model == model.Name),
        ];
        ClusterWindow window = observation.Window;
        double ran = window
            .Replicas.Where(replica => replica.Report.Model == model.Name)
            .Sum(replica => replica.Since.RunSeconds);
        double underWay = replicas.Sum(replica => replica.Queued) + (window.Seconds > 0 ? ran / window.Seconds : 0);
        (double average, TimeSpan highAt) = _state.GetValueOrDefault(model.Name);
        average = seconds <= 0 ? underWay : average + (0.5 * (underWay - average));
        int now = Math.Max(1, current.Find(model.Name)?.Replicas.Length ?? 1);
        int wanted = (int)Math.Clamp(Math.Ceiling(average / target), 1, Math.Max(1, observation.Nodes.Count));
        if (wanted >= now)
        {
            highAt = observation.Now;
        }
        _state[model.Name] = (average, highAt);
        return wanted < now && (observation.Now - highAt).TotalSeconds < downSeconds ? now : wanted;
    }
}
