namespace OrleansInference.Agent.Planning.Changes;

/// <summary>
/// What a candidate plan changes. Two changes are the same where they say the same, which is what the tabu list goes
/// by;
/// <see cref="ChangeText"/> is what a user reads of one. Nodes are named as operators name them.
/// </summary>
public abstract record PlanChange
{
    /// <summary>The plan in force stays.</summary>
    public static PlanChange None { get; } = new NoChange();

    /// <summary>This change and another behind it, as one.</summary>
    public ChangeSequence Then(PlanChange next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new ChangeSequence(this is ChangeSequence sequence ? [.. sequence.Steps, next] : [this, next]);
    }

    private sealed record NoChange : PlanChange;
}
