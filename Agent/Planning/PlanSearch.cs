using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Planning.Changes;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>Makes candidate plans by small changes of a plan, and climbs from one to the next. Deterministic.</summary>
/// <param name="cluster">What is predicted.</param>
/// <param name="current">The plan in force, which the mask compares with.</param>
/// <param name="weights">The objective.</param>
public sealed class PlanSearch(PredictedCluster cluster, ClusterPlan current, ObjectiveWeights weights)
{
    /// <summary>Models whose changes are considered, those that take most of the cluster's time.</summary>
    public const int MostModels = 6;

    /// <summary>Nodes that are considered for each.</summary>
    public const int MostNodes = 8;

    /// <summary>What a step of a climb must add to a plan's value; less is the closed form's own noise.</summary>
    public const double LeastGain = 1e-4;

    /// <summary>Plans that one search may score: some milliseconds on a small cluster.</summary>
    public const int MostEvaluations = 600;

    /// <summary>Plans that even the largest cluster has scored.</summary>
    public const int LeastEvaluations = 8;

    /// <summary>
    /// Replicas that all evaluations together may look at: a large cluster is searched less, not longer.
    /// </summary>
    private const int ReplicaBudget = 200_000;

    private readonly int _mostEvaluations = Math.Clamp(
        ReplicaBudget / Math.Max(1, current.Models.Sum(model => model.Replicas.Length)),
        LeastEvaluations,
        MostEvaluations
    );
    private readonly PredictedNode[] _nodes = [.. cluster.Nodes.Where(node => !node.Draining)];
    private int _evaluations;

    /// <summary>A plan with its estimate.</summary>
    public PlanCandidate Evaluate(PlanChange change, ClusterPlan plan)
    {
        _evaluations++;
        (ClusterScore score, double attainment) = PlanEstimate.Predict(cluster, plan);
        return new PlanCandidate(change, plan, score, attainment);
    }

    /// <summary>One step away from a plan, possible ones only.</summary>
    public IEnumerable<PlanCandidate> Neighbours(ClusterPlan plan)
    {
        foreach ((PlanChange change, ClusterPlan next) in Steps(plan))
        {
            if (_evaluations >= _mostEvaluations)
            {
                yield break;
            }
            if (PlanMask.Violation(next, cluster, current) is null)
            {
                yield return Evaluate(change, next);
            }
        }
    }

    /// <summary>
    /// The best plan that up to <paramref name="steps"/> steps lead to, each to the best neighbour, while they gain.
    /// </summary>
    public PlanCandidate Climb(PlanCandidate from, int steps)
    {
        PlanCandidate best = from;
        for (int i = 0; i < steps; i++)
        {
            PlanCandidate? next = Neighbours(best.Plan).MaxBy(candidate => candidate.Value(weights));
            if (next is null || next.Value(weights) < best.Value(weights) + LeastGain)
            {
                break;
            }
            best = i == 0 ? next : next with { Change = best.Change.Then(next.Change) };
        }

        return best;
    }

    private IEnumerable<(PlanChange Change, ClusterPlan Plan)> Steps(ClusterPlan plan)
    {
        // The models that take most of the cluster's time matter most; with many, the others wait for their turn.
        IEnumerable<PredictedModel> ordered = cluster
            .Models.OrderByDescending(Weight)
            .ThenBy(model => model.Name, StringComparer.Ordinal);
        PredictedModel[] models = [.. ordered.Take(MostModels)];
        PredictedNode[] nodes = [.. _nodes.Take(MostNodes)];
        foreach (PredictedModel model in models)
        {
            ReplicaPlan[] replicas = plan.Find(model.Name)?.Replicas ?? [];
            foreach (PredictedNode node in nodes)
            {
                foreach ((PlanChange, ClusterPlan) step in Places(plan, model, replicas, node))
                {
                    yield return step;
                }
            }

            foreach ((PlanChange, ClusterPlan) knob in Knobs(plan, model, replicas))
            {
                yield return knob;
            }
        }
    }

    /// <summary>What a model's replicas may do on a node.</summary>
    private IEnumerable<(PlanChange Change, ClusterPlan Plan)> Places(
        ClusterPlan plan,
        PredictedModel model,
        ReplicaPlan[] replicas,
        PredictedNode node
    )
    {
        if (Array.Exists(replicas, replica => replica.Node.Equals(node.Address)))
        {
            // The last one stays: a model without any would answer nobody.
            if (replicas.Length < 2)
            {
                yield break;
            }
            yield return (new ReplicaRemoved(model.Name, node.Name), PlanEdit.Remove(plan, model.Name, node.Address));
            yield break;
        }

        yield return (new ReplicaAdded(model.Name, node.Name), PlanEdit.Add(plan, model.Name, node.Address));
        if (Slowest(replicas, model) is { } from)
        {
            yield return (
                new ReplicaMoved(model.Name, from.Name, node.Name),
                PlanEdit.Move(plan, model.Name, from.Address, node.Address)
            );
        }

        if (Outranked(plan, model, node) is { } other)
        {
            ClusterPlan without = PlanEdit.Remove(plan, other.Name, node.Address);
            yield return (
                new ReplicaReplaced(model.Name, other.Name, node.Name),
                PlanEdit.Add(without, model.Name, node.Address)
            );
        }
    }

    /// <summary>The model on a node that is asked for least, less than another, and is elsewhere too.</summary>
    private PredictedModel? Outranked(ClusterPlan plan, PredictedModel model, PredictedNode node) =>
        cluster
            .Models.Where(other => other.Name != model.Name && Weight(other) < Weight(model))
            .Where(other =>
                plan.Find(other.Name) is { Replicas.Length: > 1 } planned
                && Array.Exists(planned.Replicas, replica => replica.Node.Equals(node.Address))
            )
            .MinBy(Weight);

    private IEnumerable<(PlanChange Change, ClusterPlan Plan)> Knobs(
        ClusterPlan plan,
        PredictedModel model,
        ReplicaPlan[] replicas
    )
    {
        if (replicas.Length == 0)
        {
            yield break;
        }
        int cores = _nodes.Length == 0 ? 1 : _nodes.Min(node => node.Cores);
        ReplicaKnobs now = replicas[0].Knobs;
        int threads = Math.Max(1, now.Threads);
        foreach (int instances in new[] { 0, 1, cores / 2, cores - 1 }.Distinct())
        {
            bool isPossible = instances >= 0 && instances != now.Instances && instances * threads <= cores;
            if (isPossible)
            {
                yield return Set(Knob.Instances, instances, knobs => knobs with { Instances = instances });
            }
        }

        int typical = now.MaxRows > 0 ? now.MaxRows : model.MaxRows;
        if (typical > 1)
        {
            yield return Set(Knob.MaxRows, typical / 2, knobs => knobs with { MaxRows = typical / 2 });
        }
        if (now.MaxRows > 0)
        {
            int doubled = Math.Min(model.MaxRows, now.MaxRows * 2);
            // At the model's maximum there is nothing to cap.
            yield return Set(
                Knob.MaxRows,
                doubled,
                knobs => knobs with { MaxRows = doubled == model.MaxRows ? 0 : doubled }
            );
        }

        if (threads * 2 <= cores)
        {
            int runs = Math.Max(1, Math.Min(now.Instances == 0 ? cores : now.Instances, cores / (threads * 2)));
            yield return Set(
                Knob.Threads,
                threads * 2,
                knobs => knobs with { Threads = threads * 2, Instances = runs }
            );
        }

        if (threads > 1)
        {
            yield return Set(Knob.Threads, threads / 2, knobs => knobs with { Threads = threads / 2, Instances = 0 });
        }

        (PlanChange, ClusterPlan) Set(Knob knob, int value, Func<ReplicaKnobs, ReplicaKnobs> change) =>
            (new KnobSet(model.Name, knob, value), PlanEdit.Set(plan, model.Name, _ => true, change));
    }

    private static double Weight(PredictedModel model) =>
        model.RowsPerSecond * model.Service.Average(service => service.Seconds(model.MaxRows, 0)) / model.MaxRows;

    /// <summary>The node of a model's replicas that takes longest for a row.</summary>
    private PredictedNode? Slowest(ReplicaPlan[] replicas, PredictedModel model)
    {
        PredictedNode? slowest = null;
        double most = 0;
        for (int i = 0; i < cluster.Nodes.Count; i++)
        {
            PredictedNode node = cluster.Nodes[i];
            double seconds = model.Service[i].Seconds(1, 0);
            if (seconds <= most || !Array.Exists(replicas, replica => replica.Node.Equals(node.Address)))
            {
                continue;
            }
            slowest = node;
            most = seconds;
        }

        return slowest;
    }
}
