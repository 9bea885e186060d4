namespace OrleansInference.Engine.Lifecycle;

/// <summary>Whether a model that a request asked for serves.</summary>
/// <param name="Status">Whether it does.</param>
/// <param name="Reason">Why it cannot be loaded; empty for any other status.</param>
public readonly record struct DemandResult(DemandStatus Status, string Reason)
{
    /// <summary>It serves.</summary>
    public static DemandResult Serves { get; } = new(DemandStatus.Serves, "");

    /// <summary>No request loads it.</summary>
    public static DemandResult NotOnDemand { get; } = new(DemandStatus.NotOnDemand, "");

    /// <summary>It cannot be loaded.</summary>
    public static DemandResult Refused(string reason) => new(DemandStatus.Refused, reason);
}
