using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Policy;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Core;

namespace OrleansInference.Training.Agents;

/// <summary>
/// Tries actions at random, as likely as the policy has them, and writes down what came of it; with no policy, the
/// default and what came of that.
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

    /// <summary>What it saw and did, look by look.</summary>
    public List<KnobStep> Steps { get; } = [];

    /// <inheritdoc />
    public ReplicaKnobs Tune(in ReplicaView view)
    {
        ReplicaKnobs chosen = _default.Tune(view);
        float[] token = new float[PolicySchema.Width];
        _trend.Write(view, chosen, token);
        long requests = view.Requests + view.OtherRequests;
        long violations = view.Violations + view.OtherViolations;
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
