namespace OrleansInference.Gateway;

/// <summary>Which of the gateway's ports speak TLS, where it has a certificate.</summary>
public enum TlsPorts
{
    /// <summary>HTTP, metrics and gRPC.</summary>
    All,

    /// <summary>gRPC only; HTTP and metrics are in the clear, as behind a proxy that has the certificate.</summary>
    Grpc,

    /// <summary>HTTP and metrics only; gRPC is in the clear.</summary>
    Http,
}
