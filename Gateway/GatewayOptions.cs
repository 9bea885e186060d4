using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Access;
using OrleansInference.Gateway.Diagnostics;

namespace OrleansInference.Gateway;

/// <summary>The KServe v2 endpoints. Configuration section <c>Gateway</c>.</summary>
public sealed class GatewayOptions
{
    /// <summary>Port of KServe v2 over HTTP/1.1.</summary>
    [Range(1, 65535, ErrorMessage = "Gateway:HttpPort (--http-port) must be from 1 to 65535.")]
    public int HttpPort { get; set; } = 8080;

    /// <summary>Port of KServe v2 over gRPC (HTTP/2).</summary>
    [Range(1, 65535, ErrorMessage = "Gateway:GrpcPort (--grpc-port) must be from 1 to 65535.")]
    public int GrpcPort { get; set; } = 8081;

    /// <summary>IP address to listen on.</summary>
    [RegularExpression(@"^[0-9a-fA-F.:]+$", ErrorMessage = "Gateway:BindAddress must be an IP address.")]
    public string BindAddress { get; set; } = "127.0.0.1";

    /// <summary>
    /// Most bytes of one request's body, also after decompression; every limit of Kestrel and gRPC follows it.
    /// </summary>
    [Range(1024, int.MaxValue - 1024)]
    public int MaxRequestBodyBytes { get; set; } = 64 << 20;

    /// <summary>Most bytes of request bodies held at once; more is refused with 429.</summary>
    [Range(1024, long.MaxValue)]
    public long MaxBytesInFlight { get; set; } = 1L << 30;

    /// <summary>Most connections to each port; more are answered 503 and closed.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 8192;

    /// <summary>The name in the server's metadata; some clients of other servers expect <c>triton</c>.</summary>
    [Required(AllowEmptyStrings = false)]
    public string ServerName { get; set; } = "orleans-inference";

    /// <summary>Most bytes of a request that loads a model from files that it brings; one at a time is read.</summary>
    [Range(1024, int.MaxValue - 1024)]
    public int MaxModelUploadBytes { get; set; } = 1 << 30;

    /// <summary>Whether clients on this machine may pass tensors in the system's shared memory.</summary>
    public bool AllowSharedMemory { get; set; }

    /// <summary>
    /// Answers with Triton's status where ours differs: 503 (UNAVAILABLE) in place of 429 and 504, 400 in place of 413.
    /// </summary>
    public bool TritonStatusCodes { get; set; }

    /// <summary>
    /// Another port that serves <c>/metrics</c>, such as Triton's 8002; 0 for none but the HTTP port.
    /// </summary>
    [Range(0, 65535, ErrorMessage = "Gateway:MetricsPort must be from 0 (none) to 65535.")]
    public int MetricsPort { get; set; }

    /// <summary>Which metrics of latencies there are.</summary>
    [ValidateObjectMembers]
    public LatencyOptions Metrics { get; } = new();

    /// <summary>The file that requests picked by the trace settings are written to; empty for none.</summary>
    public string TraceFile { get; set; } = "";

    /// <summary>What is traced until a client changes it: OFF, TIMESTAMPS or TENSORS.</summary>
    [RegularExpression(
        "^(OFF|TIMESTAMPS|TENSORS)$",
        ErrorMessage = "Gateway:TraceLevel must be OFF, TIMESTAMPS or TENSORS."
    )]
    public string TraceLevel { get; set; } = "OFF";

    /// <summary>The trace rate: one request in so many is traced, until a client changes it.</summary>
    [Range(1, int.MaxValue)]
    public int TraceRate { get; set; } = 1000;

    /// <summary>
    /// Longest warm-up, in milliseconds: the server sends itself requests before it reports ready, so that no client
    /// pays for compiling the request path. 0 for none.
    /// </summary>
    [Range(0, 60_000, ErrorMessage = "Gateway:WarmupMs must be from 0 (none) to 60000.")]
    public int WarmupMs { get; set; } = 1000;

    /// <summary>
    /// A file of API keys, a line each: <c>KEY[ TENANT[ WEIGHT[ QUOTA_PER_SECOND]]][ role=infer|operate|admin]</c>;
    /// empty for none, and nobody is asked for one.
    /// </summary>
    public string ApiKeyFile { get; set; } = "";

    /// <summary>
    /// PEM file of the certificate, with its chain, for TLS on the HTTP and gRPC ports; empty for none.
    /// </summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>
    /// Which ports speak TLS where there is a certificate: All, Grpc or Http. The others are in the clear.
    /// </summary>
    [EnumDataType(typeof(TlsPorts), ErrorMessage = "Gateway:TlsPorts must be All, Grpc or Http.")]
    public TlsPorts TlsPorts { get; set; } = TlsPorts.All;

    /// <summary>PEM file of the certificate's private key; empty where the certificate's file has it.</summary>
    public string CertificateKeyFile { get; set; } = "";

    /// <summary>PEM file of the authorities whose certificates clients must show (mTLS); empty for none.</summary>
    public string ClientAuthorityFile { get; set; } = "";

    /// <summary>
    /// Whether everybody who can reach an address beyond this machine may use the server without a key.
    /// </summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>
    /// Whose routes are served too: <c>sagemaker</c> (<c>/ping</c>, <c>/invocations</c>) or <c>vertex</c> (by
    /// <c>AIP_HTTP_PORT</c>, <c>AIP_HEALTH_ROUTE</c>, <c>AIP_PREDICT_ROUTE</c>); empty for none.
    /// </summary>
    [RegularExpression("^(sagemaker|vertex)$", ErrorMessage = "Gateway:CloudRoutes must be sagemaker or vertex.")]
    public string CloudRoutes { get; set; } = "";

    /// <summary>
    /// The model that those routes mean; empty for the only one that is served. With <c>sagemaker</c>,
    /// <c>SAGEMAKER_TRITON_DEFAULT_MODEL_NAME</c> says it too.
    /// </summary>
    public string DefaultModel { get; set; } = "";

    /// <summary>Where the platform asks for the server's health; set by what <see cref="CloudRoutes"/> names.</summary>
    internal string CloudHealthRoute { get; set; } = "";

    /// <summary>Where the platform sends inference requests.</summary>
    internal string CloudPredictRoute { get; set; } = "";

    /// <summary>The version in the server's metadata.</summary>
    public string ServerVersion { get; set; } = typeof(GatewayOptions).Assembly.GetName().Version?.ToString(3) ?? "0";
}
