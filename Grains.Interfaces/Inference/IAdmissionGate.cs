namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>Decides from a request's headers, before its body is read, whether there is capacity for it.</summary>
public interface IAdmissionGate
{
    /// <summary>
    /// Admits or refuses a request. An admitted one is counted until its ticket is disposed. A refused one is over its
    /// tenant's quota or share of a contended queue, or would wait longer than its deadline allows.
    /// </summary>
    AdmissionOutcome TryEnter(in AdmissionRequest request);

    /// <summary>What tenants asked for and got on this node, by name.</summary>
    IReadOnlyList<TenantStatistics> GetTenants();
}
