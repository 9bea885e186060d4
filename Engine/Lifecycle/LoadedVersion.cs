using OrleansInference.Engine.Replicas;

namespace OrleansInference.Engine.Lifecycle;

/// <summary>One version, ready to serve.</summary>
/// <param name="Model">What serves it.</param>
/// <param name="Number">The version.</param>
/// <param name="ConfigJson">Its completed configuration.</param>
/// <param name="Source">The files that it was loaded from.</param>
/// <param name="Fingerprint">Of these files: what has not changed is not loaded again.</param>
/// <param name="Memory">Its share of the budget, given back after it has drained; null for an ensemble.</param>
internal sealed record LoadedVersion(
    IServedModel Model,
    long Number,
    string ConfigJson,
    ModelSource Source,
    string Fingerprint,
    Memory.MemoryReservation? Memory
)
{
    /// <summary>Answers what it has, then gives everything back.</summary>
    public async Task DrainAsync()
    {
        await Model.DrainAsync().ConfigureAwait(false);
        Memory?.Dispose();
    }
}
