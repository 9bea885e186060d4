namespace OrleansInference.Gateway;

/// <summary>Which ports speak TLS.</summary>
public static class TlsPortsExtensions
{
    extension(GatewayOptions options)
    {
        /// <summary>Whether the HTTP and metrics ports speak TLS.</summary>
        public bool IsHttpTls => options.CertificateFile.Length > 0 && options.TlsPorts != TlsPorts.Grpc;

        /// <summary>Whether the gRPC port speaks TLS.</summary>
        public bool IsGrpcTls => options.CertificateFile.Length > 0 && options.TlsPorts != TlsPorts.Http;
    }
}
