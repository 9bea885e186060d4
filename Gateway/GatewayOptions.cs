using System.ComponentModel.DataAnnotations;

namespace OrleansInference.Gateway;

/// <summary>The KServe v2 endpoints. Configuration section <c>Gateway</c>.</summary>
public sealed class GatewayOptions
{
    /// <summary>Port of KServe v2 over HTTP/1.1.</summary>
    [Range(1, 65535, ErrorMessage = "Gateway:HttpPort (--http-port) must be from 1 to 65535.")]
    public int HttpPort { get; set; } = 8080;

    /// <summary>Port of KServe v2 over gRPC (HTTP/2 without TLS).</summary>
    [Range(1, 65535, ErrorMessage = "Gateway:GrpcPort (--grpc-port) must be from 1 to 65535.")]
    public int GrpcPort { get; set; } = 8081;

    /// <summary>IP address to listen on.</summary>
    [RegularExpression(@"^[0-9a-fA-F.:]+$", ErrorMessage = "Gateway:BindAddress must be an IP address.")]
    public string BindAddress { get; set; } = "127.0.0.1";

    /// <summary>Most bytes of one request's body, also after decompression; every limit of Kestrel and gRPC follows it.</summary>
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

    /// <summary>The version in the server's metadata.</summary>
    public string ServerVersion { get; set; } = typeof(GatewayOptions).Assembly.GetName().Version?.ToString(3) ?? "0";
}
