using System.Collections.Immutable;

namespace OrleansInference.Agent.Planning.Changes;

/// <summary>Several changes, one behind the other, that are one decision.</summary>
/// <param name="Steps">The changes; none is a sequence itself.</param>
public sealed record ChangeSequence(ImmutableArray<PlanChange> Steps) : PlanChange
{
    /// <inheritdoc />
    public bool Equals(ChangeSequence? other) => other is not null && Steps.SequenceEqual(other.Steps);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (PlanChange step in Steps)
        {
            hash.Add(step);
        }

        return hash.ToHashCode();
    }
}
