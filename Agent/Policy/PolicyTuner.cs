using OrleansInference.Agent.FastLoop;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Policy;

/// <summary>
/// The agent of a node with a learned policy on top of <see cref="RunLengthTuner"/>. In a replica's first seconds,
/// until the director has had its say, the policy may differ. It must be sure of something better, and a guard that
/// compares both must let it. What the plan sets, it leaves alone; without a policy it is <see cref="RunLengthTuner"/>.
/// </summary>
/// <param name="slot">Where the policy in force is.</param>
public sealed class PolicyTuner(PolicySlot slot) : IReplicaTuner
{
    /// <summary>Probability by which an action must be ahead of the default.</summary>
    public const double Margin = 0.2;

    /// <summary>
    /// Seconds of a replica's life in which the policy has a say: beyond them, planner and predictor do better
    /// (docs/evaluation/policy.md).
    /// </summary>
    public const double BridgeSeconds = 15;

    private static readonly float[] s_mask = [1];

    private readonly RunLengthTuner _default = new();
    private readonly PolicyTrend _trend = new();
    private readonly DepartureGuard _guard = new();
    private readonly float[] _token = new float[PolicySchema.Width];
    private readonly float[] _logits = new float[PolicySchema.Actions];
    private readonly float[] _rank = new float[1];

    private TimeSpan? _since;

    /// <inheritdoc />
    public ReplicaKnobs Tune(in ReplicaView view)
    {
        ReplicaKnobs chosen = _default.Tune(view);
        _trend.Write(view, chosen, _token);
        _guard.Observe(view);
        _since ??= view.Requests > 0 ? view.Now : null;
        bool isOver = _since is { } since && (view.Now - since).TotalSeconds > BridgeSeconds;
        if (
            slot.Current is not { } policy
            || isOver
            || view.Planned.MaxRows > 0
            || view.Planned.Instances > 0
            || !view.Cost.IsKnown
        )
        {
            // Told, so that what comes of this half second counts neither for the policy nor against it.
            _guard.Allows(wants: false);
            return chosen;
        }

        policy.Function(_token, s_mask, 1, 1, _logits, _rank);
        int action = PolicyAction.Choose(_logits, Margin);
        bool departs = _guard.Allows(action != 0);
        slot.Count(departs);
        return departs ? PolicyAction.Apply(action, chosen, view) : chosen;
    }
}
