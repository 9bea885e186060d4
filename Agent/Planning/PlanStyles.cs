using Orleans.Runtime;
using OrleansInference.Agent.Planning.Changes;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>
/// Plans that follow one rule throughout, where single steps gain nothing: what heuristics of the field do, by what was
/// measured here.
/// </summary>
internal static class PlanStyles
{
    /// <summary>
    /// Shares of the objective that a run may take: a request waits for one run and is in the next, or nearly so.
    /// </summary>
    private static readonly double[] s_shares = [0.35, 0.5, 0.8];

    /// <summary>
    /// Requests under way that one replica is to have: Ray Serve's default is 2, 1 serves short objectives.
    /// </summary>
    private static readonly double[] s_targets = [1, 2];

    /// <summary>Share of the objective that goes with half of the runs.</summary>
    private const double HalfTheRunsShare = 0.5;

    /// <summary>All of them but <see cref="Unset"/>, in the order in which they are tried.</summary>
    public static IEnumerable<(StyleSet Style, ClusterPlan Plan)> Candidates(PredictedCluster cluster, ClusterPlan plan)
    {
        yield return (new StyleSet(PlanStyle.HalfTheRuns), Fewer(cluster, plan));
        foreach (double target in s_targets)
        {
            yield return (new StyleSet(PlanStyle.Lean, target), Lean(cluster, plan, target));
        }

        yield return (
            new StyleSet(PlanStyle.SizedHalfTheRuns, HalfTheRunsShare),
            Fewer(cluster, Sized(cluster, plan, HalfTheRunsShare))
        );
        foreach (double share in s_shares)
        {
            ClusterPlan sized = Sized(cluster, plan, share);
            yield return (new StyleSet(PlanStyle.Sized, share), sized);
            yield return (new StyleSet(PlanStyle.SizedPatient, share), Patient(cluster, sized));
        }

        yield return (new StyleSet(PlanStyle.Patient), Patient(cluster, plan));
    }

    /// <summary>Everything is left to the nodes.</summary>
    public static ClusterPlan Unset(ClusterPlan plan) => plan with { Models = Array.ConvertAll(plan.Models, Unset) };

    /// <summary>Batches sized for deadlines, on each node by what it was measured to take (Clockwork, Nexus).</summary>
    /// <param name="cluster">What is predicted.</param>
    /// <param name="plan">The plan to change.</param>
    /// <param name="share">Share of the objective that a run may take, 0 to 1.</param>
    public static ClusterPlan Sized(PredictedCluster cluster, ClusterPlan plan, double share) =>
        Everywhere(
            cluster,
            plan,
            (model, _, service, knobs) =>
                knobs with
                {
                    MaxRows = (int)Math.Clamp(service.Cost.RowsWithin(model.SloSeconds * share), 1, model.MaxRows),
                }
        );

    /// <summary>
    /// Every model at half of the node's cores at most: where runs beside each other slow each other down, fewer do
    /// more.
    /// </summary>
    public static ClusterPlan Fewer(PredictedCluster cluster, ClusterPlan plan) =>
        Everywhere(cluster, plan, (_, node, _, knobs) => knobs with { Instances = Math.Max(1, node.Cores / 2) });

    /// <summary>
    /// The head of a queue waits for half of the fixed part of a run, which a larger batch saves (BentoML). It waits at
    /// most a tenth of the objective.
    /// </summary>
    public static ClusterPlan Patient(PredictedCluster cluster, ClusterPlan plan) =>
        Everywhere(
            cluster,
            plan,
            (model, _, service, knobs) =>
                knobs with
                {
                    DelayMs = Math.Min(service.Cost.BaseSeconds / 2, model.SloSeconds / 10) * 1000,
                }
        );

    /// <summary>
    /// As many replicas as there are requests under way ÷ a target (Ray Serve), on those of their nodes where least
    /// else runs: what shares a node with nothing is not slowed down.
    /// </summary>
    /// <param name="cluster">What is predicted.</param>
    /// <param name="plan">The plan to change; replicas only go.</param>
    /// <param name="target">Requests under way that one replica is to have, &gt; 0.</param>
    public static ClusterPlan Lean(PredictedCluster cluster, ClusterPlan plan, double target)
    {
        ClusterPlan lean = plan;
        double[] busy = new double[cluster.Nodes.Count];
        foreach (
            (PredictedModel model, int[] nodes) in cluster
                .Models.Select(model => (model, Nodes(cluster, plan, model)))
                .Where(entry => entry.Item2.Length > 0)
                // The largest first, since small ones fit best into what is left.
                .OrderByDescending(entry => Work(entry.model, entry.Item2))
        )
        {
            int wanted = (int)Math.Clamp(Math.Ceiling(Work(model, nodes) / target), 1, nodes.Length);
            int[] kept =
            [
                .. nodes.OrderBy(n => (busy[n] + (Cores(model, n) / wanted)) / cluster.Nodes[n].Cores).Take(wanted),
            ];
            foreach (int n in kept)
            {
                busy[n] += Cores(model, n) / wanted;
            }
            foreach (int n in nodes.Except(kept))
            {
                lean = PlanEdit.Remove(lean, model.Name, cluster.Nodes[n].Address);
            }
        }

        return lean;
    }

    private static ModelPlan Unset(ModelPlan model) =>
        model with
        {
            Replicas = Array.ConvertAll(model.Replicas, replica => replica with { Knobs = ReplicaKnobs.Unset }),
        };

    /// <summary>Cores that a model's requests keep busy, were they all run on a node.</summary>
    private static double Cores(PredictedModel model, int node) =>
        model.RowsPerSecond / model.RowsPerRequest * model.Service[node].Seconds(model.RowsPerRequest, 0);

    private static double Work(PredictedModel model, int[] nodes) => nodes.Average(n => Cores(model, n));

    private static int[] Nodes(PredictedCluster cluster, ClusterPlan plan, PredictedModel model) =>
        plan.Find(model.Name) is { } planned
            ?
            [
                .. Enumerable
                    .Range(0, cluster.Nodes.Count)
                    .Where(n =>
                        Array.Exists(planned.Replicas, replica => replica.Node.Equals(cluster.Nodes[n].Address))
                    ),
            ]
            : [];

    private static ClusterPlan Everywhere(
        PredictedCluster cluster,
        ClusterPlan plan,
        Func<PredictedModel, PredictedNode, ServiceModel, ReplicaKnobs, ReplicaKnobs> change
    )
    {
        ClusterPlan changed = plan;
        foreach (PredictedModel model in cluster.Models)
        {
            for (int n = 0; n < cluster.Nodes.Count; n++)
            {
                PredictedNode node = cluster.Nodes[n];
                ServiceModel service = model.Service[n];
                SiloAddress address = node.Address;
                changed = PlanEdit.Set(
                    changed,
                    model.Name,
                    replica => replica.Node.Equals(address),
                    knobs => change(model, node, service, knobs)
                );
            }
        }

        return changed;
    }
}
