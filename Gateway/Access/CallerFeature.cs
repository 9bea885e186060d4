using Microsoft.AspNetCore.Http;

namespace OrleansInference.Gateway.Access;

/// <summary>Finds the caller of a request.</summary>
internal static class CallerFeature
{
    /// <summary>The caller of a request without any identification.</summary>
    public static Caller Unnamed { get; } = new("default", Weight: 1, QuotaPerSecond: 0);

    /// <summary>Who sent the request.</summary>
    public static Caller Get(HttpContext context) =>
        context.Features.Get<Caller>() ?? AccessControl.Anonymous(context.Request);
}
