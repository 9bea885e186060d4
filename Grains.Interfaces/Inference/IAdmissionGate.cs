namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>Decides from a request's headers, before its body is read, whether there is capacity for it.</summary>
public interface IAdmissionGate
{
    /// <summary>
    /// Lets a request in, to be counted until its ticket is disposed, or refuses it: the tenant is over its quota, or
    /// over its share of a queue that others wait in too, or the wait would take longer than the deadline leaves.
    /// </summary>
    AdmissionOutcome TryEnter(in AdmissionRequest request);

    /// <summary>What tenants asked for and got on this node, by name.</summary>
    IReadOnlyList<TenantStatistics> GetTenants();
}
