using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansInference.Silo.Tests.Tls;

/// <summary>An authority of the test's own, whose certificates are written as PEM files.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public CertificateAuthority(string folder, string name)
    {
        CertificateRequest request = new($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Certificate = request.CreateSelfSigned(Yesterday, Yesterday.AddYears(1));
        File = Path.Combine(folder, $"{name}.pem");
        System.IO.File.WriteAllText(File, Certificate.ExportCertificatePem());
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>Path of its certificate.</summary>
    public string File { get; }

    private static DateTimeOffset Yesterday => TimeProvider.System.GetUtcNow().AddDays(-1);

    /// <summary>Issues a certificate for this machine and writes it with its key into one file.</summary>
    public string Issue(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(
            Certificate,
            Yesterday,
            Yesterday.AddMonths(6),
            RandomNumberGenerator.GetBytes(8)
        );
        string path = Path.Combine(Path.GetDirectoryName(File)!, $"{name}.pem");
        System.IO.File.WriteAllText(path, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        return path;
    }

    /// <summary>A client that trusts it, and shows a certificate if it is given one.</summary>
    public HttpClient Client(int port, string? certificate)
    {
        HttpClientHandler handler = new()
        {
            ServerCertificateCustomValidationCallback = (_, server, _, _) => IsMine(server!),
        };
        if (certificate is not null)
        {
            using X509Certificate2 read = X509Certificate2.CreateFromPemFile(certificate);
            handler.ClientCertificates.Add(X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null));
        }

        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{port}") };
    }

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    /// <summary>Whether it issued the certificate.</summary>
    public bool IsMine(X509Certificate2 certificate)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
