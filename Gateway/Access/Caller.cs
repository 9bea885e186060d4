using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Access;

/// <summary>The sender of a request. One of the features of its <c>HttpContext</c>, for HTTP and gRPC alike.</summary>
/// <param name="Tenant">The tenant's name: of the API key or access token, or without keys of the header
/// <c>X-Tenant</c>, or <c>default</c>.</param>
/// <param name="Weight">The tenant's weight, &gt; 0: its share where tenants compete.</param>
/// <param name="QuotaPerSecond">Requests a second that the tenant may send to this node; 0 for any number.</param>
/// <param name="Role">What it may do.</param>
public sealed record Caller(string Tenant, double Weight, double QuotaPerSecond, Role Role = Role.Admin)
{
    /// <summary>The server itself, which warms up its request path.</summary>
    internal static Caller Warmup { get; } = new("", Weight: 1, QuotaPerSecond: 0, Role.Infer) { IsProbe = true };

    /// <summary>Whether its requests are the server's own: in no statistics, quota or log.</summary>
    public bool IsProbe { get; init; }

    /// <summary>What the admission gate decides by, of a request of this caller.</summary>
    internal AdmissionRequest ForAdmission(string model, string version, TimeSpan timeout) =>
        new(model, version, Tenant, Weight, QuotaPerSecond, timeout) { IsProbe = IsProbe };
}
