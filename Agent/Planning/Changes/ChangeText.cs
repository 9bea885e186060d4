using System.Globalization;

namespace OrleansInference.Agent.Planning.Changes;

/// <summary>What a user reads of a change. The only place where changes become text.</summary>
public static class ChangeText
{
    /// <summary>The text, without a full stop.</summary>
    public static string Describe(PlanChange change) =>
        change switch
        {
            ReplicaAdded added => $"add {added.Model} on {added.Node}",
            ReplicaRemoved removed => $"remove {removed.Model} from {removed.Node}",
            ReplicaMoved moved => $"move {moved.Model} from {moved.From} to {moved.To}",
            ReplicaReplaced replaced => $"{replaced.Model} in place of {replaced.Other} on {replaced.Node}",
            KnobSet set => Describe(set),
            StyleSet style => Describe(style),
            PlanReplaced plan => Describe(plan.Source),
            ChangeSequence sequence => string.Join("; ", sequence.Steps.Select(Describe)),
            _ => "keep",
        };

    private static string Describe(KnobSet set) =>
        set.Knob switch
        {
            Knob.Instances when set.Value == 0 => $"all instances of {set.Model}",
            Knob.Instances => Invariant($"{set.Value} instances of {set.Model}"),
            Knob.MaxRows => Invariant($"batches of {set.Value} of {set.Model}"),
            _ => Invariant($"{set.Value} threads for {set.Model}"),
        };

    private static string Describe(StyleSet style) =>
        style.Style switch
        {
            PlanStyle.HalfTheRuns => "half the runs at once",
            PlanStyle.Lean => Invariant($"a replica for each {style.Parameter} requests under way"),
            PlanStyle.Sized => SizedRuns(style.Parameter),
            PlanStyle.SizedHalfTheRuns => Invariant(
                $"half the runs at once, of at most {style.Parameter * 100:F0} % of the objective"
            ),
            PlanStyle.SizedPatient => $"{SizedRuns(style.Parameter)}, waiting for company",
            PlanStyle.Patient => "waiting for company",
            _ => "everything as the nodes choose",
        };

    private static string SizedRuns(double share) => Invariant($"runs of at most {share * 100:F0} % of the objective");

    private static string Describe(PlanSource source) =>
        source switch
        {
            PlanSource.ReplicateWhereItFits => "replicate where it fits",
            PlanSource.GreedyReplication => "greedy selective replication",
            _ => "the last plan known to be good",
        };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
