using OrleansInference.Agent.FastLoop;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Policy;

/// <summary>What the policy may do to a replica's knobs.</summary>
public static class PolicyAction
{
    /// <summary>Carries an action out.</summary>
    /// <param name="action">Index into <see cref="PolicySchema.ActionNames"/>.</param>
    /// <param name="chosen">What is done by default.</param>
    /// <param name="view">What is known of the replica.</param>
    public static ReplicaKnobs Apply(int action, ReplicaKnobs chosen, in ReplicaView view)
    {
        int most = Math.Max(1, view.MaxRows);
        int cap = Cap(chosen, view);
        double delay = Math.Min(view.Cost.BaseSeconds / 2, view.SloSeconds / 20) * 1000;
        return action switch
        {
            1 => chosen with { MaxRows = Math.Max(1, cap / 2) },
            2 => chosen with { MaxRows = Math.Min(most, cap * 2) },
            3 => chosen with { MaxRows = most },
            4 => chosen with { MaxRows = 1 },
            5 => chosen with { DelayMs = delay },
            6 => chosen with { Instances = Math.Max(1, view.Cores / 2) },
            7 => chosen with { Instances = 1 },
            _ => chosen,
        };
    }

    /// <summary>Rows that the default lets into a run.</summary>
    public static int Cap(ReplicaKnobs chosen, in ReplicaView view)
    {
        int most = Math.Max(1, view.MaxRows);
        double rows = chosen.MaxRows > 0 ? chosen.MaxRows : BatchPolicy.Worthwhile(view.Cost);
        return (int)Math.Clamp(rows, 1, most);
    }

    /// <summary>
    /// The action that logits favour, if they favour it over the default by a margin of probability; else 0.
    /// </summary>
    public static int Choose(ReadOnlySpan<float> logits, double margin)
    {
        int best = 0;
        float most = logits[0];
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > most)
            {
                (best, most) = (i, logits[i]);
            }
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - most);
        }
        return (1 - Math.Exp(logits[0] - most)) / sum >= margin ? best : 0;
    }
}
