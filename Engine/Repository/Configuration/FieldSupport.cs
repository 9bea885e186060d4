namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What becomes of one field, and why.</summary>
/// <param name="Effect">What becomes of it.</param>
/// <param name="Reason">Why it has no effect, or what to do instead; empty for one that is done.</param>
internal sealed record FieldSupport(FieldEffect Effect, string Reason)
{
    /// <summary>The field has its effect.</summary>
    public static FieldSupport Done { get; } = new(FieldEffect.Done, "");

    /// <summary>A model that sets the field, or anything beneath it, is not loaded.</summary>
    public static FieldSupport Refused(string reason) => new(FieldEffect.Refused, reason);

    /// <summary>A model that sets the field, or anything beneath it, is served with a warning.</summary>
    public static FieldSupport Warned(string reason) => new(FieldEffect.Warned, reason);
}
