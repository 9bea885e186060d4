using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository.Configuration;

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
    VersionFingerprint Fingerprint,
    Memory.MemoryReservation? Memory
)
{
    /// <summary>What its configuration sets to no effect, in one line; empty for nothing.</summary>
    public string Warning { get; } = string.Join("; ", Source.Warnings());

    /// <summary>What its operator should know of it, while it serves; empty for nothing.</summary>
    public string Notice => string.Join("; ", new[] { Model.Notice, Warning }.Where(part => part.Length > 0));

    /// <summary>
    /// Whether another number of instances is all that it lacks of what a configuration asks for, be it the one that it was
    /// loaded by or that with all that was completed.
    /// </summary>
    public bool DiffersInInstances(VersionFingerprint wanted) =>
        Fingerprint.DiffersInInstances(wanted)
        || VersionFingerprint.Of(ModelConfigJson.Parse(ConfigJson), Fingerprint.Files).DiffersInInstances(wanted);

    /// <summary>Answers what it has, then gives everything back.</summary>
    public async Task DrainAsync()
    {
        await Model.DrainAsync().ConfigureAwait(false);
        Memory?.Dispose();
    }
}
