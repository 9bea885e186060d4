namespace OrleansInference.Dashboard;

/// <summary>A file of the dashboard, ready to be sent.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="Contents">Its bytes.</param>
/// <param name="Compressed">Its bytes in Brotli; null where that is not smaller.</param>
/// <param name="ETag">The quoted hash of its bytes.</param>
internal sealed record DashboardFile(string ContentType, byte[] Contents, byte[]? Compressed, string ETag);
