using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace OrleansInference.Gateway.Hosting;

/// <summary>Opens the gateway's ports, with their limits and TLS.</summary>
internal static class GatewayListener
{
    /// <summary>Opens the ports.</summary>
    /// <exception cref="OptionsValidationException">The certificate cannot be used.</exception>
    public static void Listen(KestrelServerOptions kestrel, GatewayOptions gateway)
    {
        IPAddress address = IPAddress.Parse(gateway.BindAddress);
        kestrel.AddServerHeader = false;
        // The HTTP endpoint and gRPC refuse by the limit itself and say so; the server's own stands just above, for
        // gRPC's framing.
        kestrel.Limits.MaxRequestBodySize = gateway.MaxRequestBodyBytes + 1024;
        // ConnectionLimit counts instead: it tells an HTTP/1.1 client why, where the server would only close.
        kestrel.Limits.MaxConcurrentConnections = null;
        kestrel.Limits.Http2.InitialStreamWindowSize = 8 << 20;
        kestrel.Limits.Http2.InitialConnectionWindowSize = 16 << 20;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 1024;
        HttpsConnectionAdapterOptions? tls = Tls(gateway);
        Listen(gateway.HttpPort, HttpProtocols.Http1, gateway.IsHttpTls);
        if (gateway.MetricsPort > 0)
        {
            Listen(gateway.MetricsPort, HttpProtocols.Http1, gateway.IsHttpTls);
        }
        Listen(gateway.GrpcPort, HttpProtocols.Http2, gateway.IsGrpcTls);

        void Listen(int port, HttpProtocols protocols, bool isTls) =>
            kestrel.Listen(
                address,
                port,
                listen =>
                {
                    listen.Protocols = protocols;
                    if (isTls)
                    {
                        listen.UseHttps(tls!);
                    }
                    listen.Use(
                        new ConnectionLimit(
                            gateway.MaxConnections,
                            isHttp1: protocols == HttpProtocols.Http1,
                            ConnectionLimit.DefaultLinger
                        ).Use
                    );
                }
            );
    }

    private static HttpsConnectionAdapterOptions? Tls(GatewayOptions gateway)
    {
        if (gateway.CertificateFile.Length == 0)
        {
            if (gateway.TlsPorts != TlsPorts.All)
            {
                throw Invalid("Gateway:TlsPorts needs Gateway:CertificateFile");
            }
            return gateway.ClientAuthorityFile.Length == 0
                ? null
                : throw Invalid("Gateway:ClientAuthorityFile needs Gateway:CertificateFile");
        }
        try
        {
            HttpsConnectionAdapterOptions tls = new()
            {
                ServerCertificate = PemCertificates.LoadWithKey(gateway.CertificateFile, gateway.CertificateKeyFile),
                ServerCertificateChain = PemCertificates.LoadAll(gateway.CertificateFile),
            };
            if (gateway.ClientAuthorityFile.Length == 0)
            {
                return tls;
            }
            X509Certificate2Collection authorities = PemCertificates.LoadAll(gateway.ClientAuthorityFile);
            if (authorities.Count == 0)
            {
                throw Invalid($"Gateway:ClientAuthorityFile '{gateway.ClientAuthorityFile}' has no certificate");
            }
            tls.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            tls.ClientCertificateValidation = (certificate, _, _) =>
                PemCertificates.IsIssuedBy(certificate, authorities);
            return tls;
        }
        catch (Exception exception)
            when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw Invalid($"Gateway:CertificateFile '{gateway.CertificateFile}' cannot be used: {exception.Message}");
        }
    }

    private static OptionsValidationException Invalid(string message) =>
        new(nameof(GatewayOptions), typeof(GatewayOptions), [message]);
}
