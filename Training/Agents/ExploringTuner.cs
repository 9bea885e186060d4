using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Policy;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Core;

namespace OrleansInference.Training.Agents;

/// <summary>
/// Samples actions from the policy's distribution and records their outcomes. Without a policy it takes the default
/// action.
/// </summary>
/// <param name="function">The policy; null for the default alone.</param>
/// <param name="seed">Seed of its choices.</param>
internal sealed class ExploringTuner(PolicyFunction? function, long seed) : IReplicaTuner
{
    private static readonly float[] s_mask = [1];

    private readonly RunLengthTuner _default = new();
    private readonly PolicyTrend _trend = new();
    private readonly SimulationRandom _random = new(seed, 3);
    private readonly float[] _logits = new float[PolicySchema.Actions];
    private readonly float[] _rank = new float[1];

    /// <summary>The observations and actions so far, in order.</summary>
    public List<KnobStep> Steps { get; } = [];

    /// <inheritdoc />
    public ReplicaKnobs Tune(in ReplicaView view)
    {
        ReplicaKnobs chosen = _default.Tune(view);
        float[] token = new float[PolicySchema.Width];
        _trend.Write(view, chosen, token);
        long requests = view.Requests + view.OtherRequests;
        long violations = view.Violations + view.OtherViolations;
        // The policy has no say over what the plan fixes, nor before the cost of a run is known.
        if (function is null || view.Planned.MaxRows > 0 || view.Planned.Instances > 0 || !view.Cost.IsKnown)
        {
            Steps.Add(new KnobStep([], 0, 0, requests, violations));
            return chosen;
        }

        function(token, s_mask, 1, 1, _logits, _rank);
        (int action, float logProbability) = Sample();
        Steps.Add(new KnobStep(token, action, logProbability, requests, violations));
        return PolicyAction.Apply(action, chosen, view);
    }

    private (int Action, float LogProbability) Sample()
    {
        // Less the largest logit, so that no exponential overflows.
        float most = _logits.Max();
        double sum = _logits.Sum(logit => Math.Exp(logit - most));
        double at = _random.NextDouble() * sum;
        int action = 0;
        while (action + 1 < _logits.Length && (at -= Math.Exp(_logits[action] - most)) > 0)
        {
            action++;
        }
        return (action, (float)(_logits[action] - most - Math.Log(sum)));
    }
}
