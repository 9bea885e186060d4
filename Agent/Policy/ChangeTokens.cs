using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Policy;

/// <summary>
/// A candidate plan as a set of tokens: one for each replica that it adds, takes away or sets otherwise.
/// </summary>
public static class ChangeTokens
{
    /// <summary>Writes the set.</summary>
    /// <param name="cluster">What is predicted.</param>
    /// <param name="keep">The plan in force.</param>
    /// <param name="candidate">What may take its place.</param>
    /// <param name="tokens">Receives [<see cref="PolicySchema.MostTokens"/>, <see cref="PolicySchema.Width"/>].</param>
    /// <param name="mask">Receives [<see cref="PolicySchema.MostTokens"/>].</param>
    public static void Write(
        PredictedCluster cluster,
        PlanCandidate keep,
        PlanCandidate candidate,
        Span<float> tokens,
        Span<float> mask
    )
    {
        tokens.Clear();
        mask.Clear();
        int at = 0;
        int loads = 0;
        foreach (PredictedModel model in cluster.Models)
        {
            ReplicaPlan[] before = keep.Plan.Find(model.Name)?.Replicas ?? [];
            ReplicaPlan[] after = candidate.Plan.Find(model.Name)?.Replicas ?? [];
            for (int n = 0; n < cluster.Nodes.Count; n++)
            {
                PredictedNode node = cluster.Nodes[n];
                ReplicaPlan? old = Array.Find(before, replica => replica.Node.Equals(node.Address));
                ReplicaPlan? next = Array.Find(after, replica => replica.Node.Equals(node.Address));
                if (old is null && next is not null)
                {
                    loads++;
                }
                if (old?.Knobs == next?.Knobs || at == PolicySchema.MostTokens)
                {
                    continue;
                }
                Write(
                    model,
                    n,
                    node,
                    (old, before.Length),
                    (next, after.Length),
                    (keep, candidate),
                    tokens.Slice(at * PolicySchema.Width, PolicySchema.Width)
                );
                mask[at++] = 1;
            }
        }

        // What changes routing alone is a set of one token that says so.
        if (at == 0)
        {
            mask[at++] = 1;
        }
        for (int i = 0; i < at; i++)
        {
            tokens[(i * PolicySchema.Width) + PolicySchema.ChangeFeatures.Count - 1] = Math.Min(3, loads / 2f);
        }
    }

    private static void Write(
        PredictedModel model,
        int index,
        PredictedNode node,
        (ReplicaPlan? Plan, int Replicas) old,
        (ReplicaPlan? Plan, int Replicas) next,
        (PlanCandidate Keep, PlanCandidate Candidate) plans,
        Span<float> token
    )
    {
        ServiceModel service = model.Service[index];
        double run = Math.Max(1e-6, service.Seconds(1, 0));
        double slo = Math.Max(1e-6, model.SloSeconds);
        double cores = Math.Max(1, node.Cores);
        ReplicaKnobs before = old.Plan?.Knobs ?? ReplicaKnobs.Unset;
        ReplicaKnobs after = next.Plan?.Knobs ?? ReplicaKnobs.Unset;
        ReadOnlySpan<double> values =
        [
            0,
            Math.Log(slo / run) / 3,
            service.Cost.BaseSeconds / run,
            Math.Log(Math.Max(1, model.MaxRows)) / 4,
            Math.Log(1 + after.MaxRows) / 4,
            Math.Log(1 + before.MaxRows) / 4,
            next.Plan is null ? 0 : 1,
            old.Plan is null ? 0 : 1,
            model.RowsPerSecond * run / Math.Max(1, Math.Max(old.Replicas, next.Replicas)) / cores,
            model.RowsPerSecond > 0 ? (model.PeakRowsPerSecond / model.RowsPerSecond) - 1 : 0,
            service.Interference,
            service.IsMeasured ? 1 : 0,
            after.Instances / cores,
            before.Instances / cores,
            Math.Max(0, after.DelayMs) / 1000 / slo * 10,
            Math.Max(0, before.DelayMs) / 1000 / slo * 10,
            plans.Keep.Attainment,
            (plans.Candidate.Attainment - plans.Keep.Attainment) * 10,
            (
                plans.Candidate.Score.C
                + plans.Candidate.Score.D
                + plans.Candidate.Score.N
                - plans.Keep.Score.C
                - plans.Keep.Score.D
                - plans.Keep.Score.N
            ) * 5,
            plans.Candidate.IsStyle ? 1 : 0,
        ];
        for (int i = 0; i < values.Length; i++)
        {
            token[i] = (float)Math.Clamp(values[i], -3, 3);
        }
    }
}
