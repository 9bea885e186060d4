using Orleans.Runtime;
using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>Makes candidate plans by small changes of a plan, and climbs from one to the next. Deterministic.</summary>
/// <param name="cluster">What is predicted.</param>
/// <param name="current">The plan in force, which the mask compares with.</param>
/// <param name="weights">The objective.</param>
public sealed class PlanSearch(PredictedCluster cluster, ClusterPlan current, ObjectiveWeights weights)
{
    private const int MostModels = 6;
    private const int MostNodes = 8;
    private const int MostEvaluations = 600;
    private const int LeastEvaluations = 8;

    /// <summary>Replicas that all evaluations together may look at: a large cluster is searched less, not longer.</summary>
    private const int ReplicaBudget = 200_000;

    private readonly int _mostEvaluations = Math.Clamp(ReplicaBudget / Math.Max(1, current.Models.Sum(model => model.Replicas.Length)), LeastEvaluations, MostEvaluations);
    private readonly PredictedNode[] _nodes = [.. cluster.Nodes.Where(node => !node.Draining)];
    private int _evaluations;

    /// <summary>A plan with its estimate.</summary>
    public PlanCandidate Evaluate(string name, ClusterPlan plan)
    {
        _evaluations++;
        (ClusterScore score, double attainment) = PlanEstimate.Of(cluster, plan);
        return new PlanCandidate(name, plan, score, attainment);
    }

    /// <summary>One step away from a plan, possible ones only.</summary>
    public IEnumerable<PlanCandidate> Neighbours(ClusterPlan plan)
    {
        foreach ((string name, ClusterPlan next) in Steps(plan))
        {
            if (_evaluations >= _mostEvaluations) yield break;
            if (PlanMask.Violation(next, cluster, current) is null) yield return Evaluate(name, next);
        }
    }

    /// <summary>The best plan that up to <paramref name="steps"/> steps lead to, each to the best neighbour, while they gain.</summary>
    public PlanCandidate Climb(PlanCandidate from, int steps)
    {
        PlanCandidate best = from;
        for (int i = 0; i < steps; i++)
        {
            PlanCandidate? next = Neighbours(best.Plan).MaxBy(candidate => candidate.Value(weights));
            if (next is null || next.Value(weights) < best.Value(weights) + 1e-4) break;
            best = next with { Name = i == 0 ? next.Name : $"{best.Name}; {next.Name}" };
        }

        return best;
    }

    private IEnumerable<(string Name, ClusterPlan Plan)> Steps(ClusterPlan plan)
    {
        // The models that take most of the cluster's time matter most; with many, the others wait for their turn.
        PredictedModel[] models = [.. cluster.Models.OrderByDescending(Weight).ThenBy(model => model.Name, StringComparer.Ordinal).Take(MostModels)];
        PredictedNode[] nodes = [.. _nodes.Take(MostNodes)];
        foreach (PredictedModel model in models)
        {
            ReplicaPlan[] replicas = plan.Find(model.Name)?.Replicas ?? [];
            foreach (PredictedNode node in nodes)
            {
                ReplicaPlan? there = Array.Find(replicas, replica => replica.Node.Equals(node.Address));
                if (there is null) yield return ($"add {model.Name} on {node.Name}", PlanEdit.Add(plan, model.Name, node.Address));
                else if (replicas.Length > 1) yield return ($"remove {model.Name} from {node.Name}", PlanEdit.Remove(plan, model.Name, node.Address));
                if (there is null && replicas.Length > 0 && Slowest(replicas, model) is { } from) yield return ($"move {model.Name} from {Name(from)} to {node.Name}", PlanEdit.Move(plan, model.Name, from, node.Address));
                if (there is null) foreach ((string, ClusterPlan) swap in Swaps(plan, model, node)) yield return swap;
            }

            foreach ((string, ClusterPlan) knob in Knobs(plan, model, replicas)) yield return knob;
        }
    }

    /// <summary>A model takes the place of one that is asked for less and is elsewhere too.</summary>
    private IEnumerable<(string Name, ClusterPlan Plan)> Swaps(ClusterPlan plan, PredictedModel model, PredictedNode node)
    {
        PredictedModel? other = cluster.Models
            .Where(candidate => candidate.Name != model.Name && Weight(candidate) < Weight(model) && plan.Find(candidate.Name) is { Replicas.Length: > 1 } there && Array.Exists(there.Replicas, replica => replica.Node.Equals(node.Address)))
            .MinBy(Weight);
        if (other is not null) yield return ($"{model.Name} in place of {other.Name} on {node.Name}", PlanEdit.Add(PlanEdit.Remove(plan, other.Name, node.Address), model.Name, node.Address));
    }

    private IEnumerable<(string Name, ClusterPlan Plan)> Knobs(ClusterPlan plan, PredictedModel model, ReplicaPlan[] replicas)
    {
        if (replicas.Length == 0) yield break;
        int cores = _nodes.Length == 0 ? 1 : _nodes.Min(node => node.Cores), now = replicas[0].Knobs.Instances, threads = Math.Max(1, replicas[0].Knobs.Threads), rows = replicas[0].Knobs.MaxRows;
        foreach (int instances in new[] { 0, 1, cores / 2, cores - 1 }.Distinct().Where(count => count >= 0 && count != now && count * threads <= cores)) yield return ($"{(instances == 0 ? "all" : instances)} instances of {model.Name}", Everywhere(plan, model.Name, knobs => knobs with { Instances = instances }));
        int typical = rows > 0 ? rows : model.MaxRows;
        if (typical > 1) yield return ($"batches of {typical / 2} of {model.Name}", Everywhere(plan, model.Name, knobs => knobs with { MaxRows = typical / 2 }));
        if (rows > 0) yield return ($"batches of {Math.Min(model.MaxRows, rows * 2)} of {model.Name}", Everywhere(plan, model.Name, knobs => knobs with { MaxRows = rows * 2 >= model.MaxRows ? 0 : rows * 2 }));
        if (threads * 2 <= cores) yield return ($"{threads * 2} threads for {model.Name}", Everywhere(plan, model.Name, knobs => knobs with { Threads = threads * 2, Instances = Math.Max(1, Math.Min(knobs.Instances == 0 ? cores : knobs.Instances, cores / (threads * 2))) }));
        if (threads > 1) yield return ($"{threads / 2} threads for {model.Name}", Everywhere(plan, model.Name, knobs => knobs with { Threads = threads / 2, Instances = 0 }));
    }

    private static ClusterPlan Everywhere(ClusterPlan plan, string model, Func<ReplicaKnobs, ReplicaKnobs> knobs) => PlanEdit.Set(plan, model, _ => true, knobs);

    private static double Weight(PredictedModel model) => model.RowsPerSecond * model.Service.Average(service => service.Seconds(model.MaxRows, 0)) / model.MaxRows;

    private SiloAddress? Slowest(ReplicaPlan[] replicas, PredictedModel model)
    {
        SiloAddress? slowest = null;
        double most = 0;
        for (int i = 0; i < cluster.Nodes.Count; i++)
        {
            if (!Array.Exists(replicas, replica => replica.Node.Equals(cluster.Nodes[i].Address)) || model.Service[i].Seconds(1, 0) <= most) continue;
            (slowest, most) = (cluster.Nodes[i].Address, model.Service[i].Seconds(1, 0));
        }

        return slowest;
    }

    private string Name(SiloAddress node) => cluster.Nodes.FirstOrDefault(other => other.Address.Equals(node))?.Name ?? node.ToString();
}
