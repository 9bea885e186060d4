using System.Security.Cryptography.X509Certificates;

namespace OrleansInference.Silo.Tests.Tls;

internal static class CertificateFile
{
    /// <summary>A certificate with its key from one PEM file.</summary>
    public static X509Certificate2 Read(string path)
    {
        using X509Certificate2 read = X509Certificate2.CreateFromPemFile(path);
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
    }
}
