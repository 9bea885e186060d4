using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansInference.Gateway;

/// <summary>Reads certificates from PEM files, for the gateway's ports and for the links between silos.</summary>
public static class PemCertificates
{
    /// <summary>Reads a certificate with its private key.</summary>
    /// <param name="certificateFile">The certificate, with its chain.</param>
    /// <param name="keyFile">The key; empty where the certificate's file has it.</param>
    /// <exception cref="CryptographicException">A file holds something else.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static X509Certificate2 LoadWithKey(string certificateFile, string keyFile)
    {
        ArgumentNullException.ThrowIfNull(keyFile);
        using X509Certificate2 read = X509Certificate2.CreateFromPemFile(
            certificateFile,
            keyFile.Length > 0 ? keyFile : null
        );
        // Keys in memory alone are not taken on all systems.
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Reads all certificates of a file, in their order; none where it has none.</summary>
    /// <exception cref="CryptographicException">One of them is broken.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static X509Certificate2Collection LoadAll(string file)
    {
        X509Certificate2Collection certificates = [];
        certificates.ImportFromPemFile(file);
        return certificates;
    }

    /// <summary>
    /// Whether one of the authorities has issued a certificate; its name does not count, nor whether it was revoked.
    /// </summary>
    public static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
