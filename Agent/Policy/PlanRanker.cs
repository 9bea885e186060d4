using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Prediction;

namespace OrleansInference.Agent.Policy;

/// <summary>Orders candidate plans by what the policy expects a trial to say of them.</summary>
public static class PlanRanker
{
    /// <summary>The worth of each candidate, in the candidates' order.</summary>
    public static float[] Rank(
        LearnedPolicy policy,
        PredictedCluster cluster,
        PlanCandidate keep,
        IReadOnlyList<PlanCandidate> candidates
    )
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(candidates);
        const int Count = PolicySchema.MostTokens;
        float[] tokens = new float[candidates.Count * Count * PolicySchema.Width];
        float[] mask = new float[candidates.Count * Count];
        float[] actions = new float[candidates.Count * Count * PolicySchema.Actions];
        float[] ranks = new float[candidates.Count];
        for (int i = 0; i < candidates.Count; i++)
        {
            ChangeTokens.Write(
                cluster,
                keep,
                candidates[i],
                tokens.AsSpan(i * Count * PolicySchema.Width, Count * PolicySchema.Width),
                mask.AsSpan(i * Count, Count)
            );
        }
        if (candidates.Count > 0)
        {
            policy.Function(tokens, mask, candidates.Count, Count, actions, ranks);
        }
        return ranks;
    }
}
