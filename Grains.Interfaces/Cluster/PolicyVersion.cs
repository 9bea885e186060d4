namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>A learned policy that the cluster keeps.</summary>
/// <param name="Number">Its number, rising.</param>
/// <param name="Hash">SHA-256 of its weights, in hexadecimal.</param>
/// <param name="Provenance">Where its file says that it comes from.</param>
/// <param name="Report">Why it was promoted: what its evaluation gave.</param>
/// <param name="At">When it was promoted.</param>
/// <param name="IsCurrent">Whether it is in force.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.PolicyVersion")]
public sealed record PolicyVersion(
    long Number,
    string Hash,
    string Provenance,
    string Report,
    DateTimeOffset At,
    bool IsCurrent
);
