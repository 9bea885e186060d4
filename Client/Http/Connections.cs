using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace OrleansInference.Client.Http;

/// <summary>The connections of one client, for HTTP and gRPC alike.</summary>
internal static class Connections
{
    /// <summary>Makes the handler that owns them.</summary>
    public static SocketsHttpHandler Create(InferenceClientOptions options) =>
        new()
        {
            // A name is looked up again when its connections are renewed.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            // Beyond the streams of one connection calls of gRPC would wait for each other.
            EnableMultipleHttp2Connections = true,
            // A large tensor must not wait for leave to go on.
            InitialHttp2StreamWindowSize = 8 << 20,
            SslOptions = Tls(options),
        };

    private static SslClientAuthenticationOptions Tls(InferenceClientOptions options)
    {
        SslClientAuthenticationOptions tls = new();
        if (Certificate(options) is { } certificate)
        {
            tls.ClientCertificates = [certificate];
        }
        if (options.AuthorityFile is { Length: > 0 } file)
        {
            X509ChainPolicy policy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.ImportFromPemFile(file);
            tls.CertificateChainPolicy = policy;
        }
        return tls;
    }

    private static X509Certificate2? Certificate(InferenceClientOptions options)
    {
        if (options.ClientCertificate is not null || options.CertificateFile is not { Length: > 0 } file)
        {
            return options.ClientCertificate;
        }
        string key = options.CertificateKeyFile is { Length: > 0 } other ? other : file;
        using X509Certificate2 read = X509Certificate2.CreateFromPemFile(file, key);
        // Windows shows no certificate whose key is in memory alone.
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), password: null);
    }
}
