using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Guardrails;

/// <summary>Tries a plan out before it is real: the what-if gate.</summary>
public interface IPlanTrial
{
    /// <summary>
    /// What the plan gives under what is predicted. The same seed gives every plan the same requests.
    /// </summary>
    /// <param name="cluster">What is predicted.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="seed">Seed of requests and noise.</param>
    /// <param name="maxEvents">Budget of simulated events, ≥ 1.</param>
    TrialResult Try(PredictedCluster cluster, ClusterPlan plan, long seed, long maxEvents);
}
