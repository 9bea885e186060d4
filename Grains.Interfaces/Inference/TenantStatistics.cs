namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>Admitted and refused requests of one tenant on a node.</summary>
/// <param name="Tenant">Its name.</param>
/// <param name="Admitted">Requests let in.</param>
/// <param name="OverQuota">Requests refused for its quota.</param>
/// <param name="OverShare">Requests refused for its share of a contended queue.</param>
/// <param name="Overloaded">Requests refused because nobody could have been served in time.</param>
/// <param name="Outstanding">Requests under way.</param>
public sealed record TenantStatistics(
    string Tenant,
    long Admitted,
    long OverQuota,
    long OverShare,
    long Overloaded,
    long Outstanding
);
