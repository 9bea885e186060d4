namespace OrleansInference.Silo.Tests;

/// <summary>How a client reaches the silo.</summary>
public enum Transport
{
    /// <summary>Orleans' own protocol.</summary>
    Orleans,

    /// <summary>KServe v2 over HTTP, with binary tensors.</summary>
    Http,

    /// <summary>KServe v2 over gRPC.</summary>
    Grpc,
}
