namespace OrleansInference.Client.KServe;

/// <summary>How a KServe v2 server is called over gRPC.</summary>
public sealed class KServeGrpcOptions
{
    /// <summary>Where the server is, such as <c>http://127.0.0.1:8081</c>.</summary>
    public required Uri Address { get; set; }

    /// <inheritdoc cref="KServeHttpOptions.ApiKey"/>
    public string? ApiKey { get; set; }
}
