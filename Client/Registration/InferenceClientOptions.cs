using System.Security.Cryptography.X509Certificates;

namespace OrleansInference;

/// <summary>
/// Where a client asks, and how. Read from <c>OrleansInference:Client</c>, or <c>OrleansInference:Clients:NAME</c> of a
/// named one, and from <c>ConnectionStrings:NAME</c>; what code sets wins.
/// </summary>
public sealed class InferenceClientOptions
{
    /// <summary>
    /// The server: <c>http://HOST:PORT</c>, <c>https://…</c>, or <c>grpc://…</c> and <c>grpcs://…</c> for gRPC without
    /// and with TLS.
    /// </summary>
    public Uri? Endpoint { get; set; }

    /// <summary><c>http</c>, <c>grpc</c> or <c>orleans</c>; empty: as <see cref="Endpoint"/> says.</summary>
    public string Transport { get; set; } = "";

    /// <summary>
    /// The API key or access token that each request carries, as <c>Authorization: Bearer KEY</c>: visible ASCII
    /// characters. None where it is empty. Over HTTP and gRPC.
    /// </summary>
    public string? ApiKey { get; set; }

    /// <summary>
    /// Gives the access token of a request, in place of <see cref="ApiKey"/>. It is asked for each request, so that it
    /// decides how long a token is kept.
    /// </summary>
    public Func<CancellationToken, ValueTask<string>>? TokenProvider { get; set; }

    /// <summary>The certificate that the client shows a server that asks for one (mTLS).</summary>
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>PEM file of <see cref="ClientCertificate"/>, with its key in <see cref="CertificateKeyFile"/>.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM file of the key that belongs to <see cref="CertificateFile"/>; the same file where empty.</summary>
    public string? CertificateKeyFile { get; set; }

    /// <summary>PEM file of the authorities that the server's certificate may come from; empty: the system's.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>
    /// Whether tensors are sent in the binary tensor extension; false for a server that knows JSON only. Over HTTP.
    /// </summary>
    public bool UseBinaryTensors { get; set; } = true;
}
