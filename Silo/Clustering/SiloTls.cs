using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;
using OrleansInference.Gateway;

namespace OrleansInference.Silo.Clustering;

/// <summary>
/// TLS on the links between silos, and between silos and Orleans clients; each side shows a certificate of the
/// cluster's own authority.
/// </summary>
internal static class SiloTls
{
    /// <summary>Adds it, if a certificate is configured.</summary>
    /// <exception cref="StartupException">The certificates cannot be used.</exception>
    public static ISiloBuilder AddSiloTls(this ISiloBuilder silo, SiloHostOptions options)
    {
        if (options.CertificateFile.Length == 0)
        {
            return options.AuthorityFile.Length == 0
                ? silo
                : throw new StartupException("Silo:AuthorityFile needs Silo:CertificateFile");
        }
        if (options.AuthorityFile.Length == 0)
        {
            throw new StartupException(
                "Silo:CertificateFile needs Silo:AuthorityFile: the authority whose certificates other "
                    + "silos and clients must show"
            );
        }
        (X509Certificate2 own, X509Certificate2Collection authorities) = Read(options);
        return silo.UseTls(
            own,
            tls =>
            {
                tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
                tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
                // Silos go by addresses, and no certificate names them all: what counts is who issued it.
                tls.RemoteCertificateValidation = (certificate, _, _) =>
                    certificate is not null && PemCertificates.IsIssuedBy(certificate, authorities);
                tls.OnAuthenticateAsClient = (_, authentication) => authentication.TargetHost = options.ClusterId;
            }
        );
    }

    private static (X509Certificate2 Own, X509Certificate2Collection Authorities) Read(SiloHostOptions options)
    {
        try
        {
            X509Certificate2Collection authorities = PemCertificates.LoadAll(options.AuthorityFile);
            if (authorities.Count == 0)
            {
                throw new StartupException($"Silo:AuthorityFile '{options.AuthorityFile}' has no certificate");
            }
            return (PemCertificates.LoadWithKey(options.CertificateFile, options.CertificateKeyFile), authorities);
        }
        catch (Exception exception)
            when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                $"Silo:CertificateFile '{options.CertificateFile}' cannot be used: {exception.Message}"
            );
        }
    }
}
