namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>What the headers say of a request.</summary>
/// <param name="ModelName">The model.</param>
/// <param name="ModelVersion">The version, or empty.</param>
/// <param name="Tenant">Who asks.</param>
/// <param name="Weight">The tenant's weight, &gt; 0: its share of a contended queue, relative to the others'.</param>
/// <param name="QuotaPerSecond">Requests a second that the tenant may send to this node; 0 for any number.</param>
/// <param name="Timeout">Time until the deadline; zero where the headers name none.</param>
public readonly record struct AdmissionRequest(
    string ModelName,
    string ModelVersion,
    string Tenant,
    double Weight,
    double QuotaPerSecond,
    TimeSpan Timeout
)
{
    /// <summary>Whether the node sent it to itself: it is let in and counted nowhere.</summary>
    public bool IsProbe { get; init; }
}
