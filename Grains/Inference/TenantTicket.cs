using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Admission;

namespace OrleansInference.Grains.Inference;

/// <summary>The place of a tenant's request, with what the gate found of its model.</summary>
internal sealed class TenantTicket(TenantTable.Entry tenant, ModelGate? gate, in ModelLookup found) : AdmissionTicket
{
    private int _disposed;

    /// <summary>What the gate found of its model.</summary>
    public ModelLookup Found { get; } = found;

    /// <inheritdoc />
    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            tenant.Leave(gate);
        }
    }
}
