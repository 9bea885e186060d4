using Microsoft.AspNetCore.Http;

namespace OrleansInference.Gateway.Access;

/// <summary>Which role a call needs. What is not named here needs <see cref="Role.Admin"/>.</summary>
internal static class Roles
{
    private const string Grpc = "/inference.GRPCInferenceService/";
    private const string GrpcHealth = "/grpc.health.v1.Health/";
    private const string GrpcReflection = "/grpc.reflection.";

    private static readonly HashSet<string> s_grpcInfer =
    [
        "ServerMetadata",
        "ModelReady",
        "ModelMetadata",
        "ModelConfig",
        "ModelInfer",
        "ModelStreamInfer",
        "ModelStatistics",
    ];
    private static readonly HashSet<string> s_grpcOperate =
    [
        "RepositoryIndex",
        "SystemSharedMemoryStatus",
        "SystemSharedMemoryRegister",
        "SystemSharedMemoryUnregister",
        "CudaSharedMemoryStatus",
        "CudaSharedMemoryRegister",
        "CudaSharedMemoryUnregister",
    ];

    /// <summary>The role that a call needs; null for none.</summary>
    public static Role? Required(string method, PathString path)
    {
        string text = path.Value ?? "";
        if (text.StartsWith(Grpc, StringComparison.Ordinal))
        {
            return OfGrpc(text[Grpc.Length..]);
        }
        // Probes of orchestrators have no key.
        if (text is GrpcHealth + "Check" or GrpcHealth + "Watch")
        {
            return null;
        }
        // It describes the calls, as metadata describes the models.
        if (text.StartsWith(GrpcReflection, StringComparison.Ordinal))
        {
            return Role.Infer;
        }
        bool reads = IsRead(method);
        Span<Range> ranges = stackalloc Range[PathSegments.Most];
        return new PathSegments(text, ranges) switch
        {
            // Orchestrators and load balancers have no key; the dashboard's files hold no data, and its log-in is how
            // one gets in.
            ["v2", "health", ..] when reads => null,
            [] or ["dashboard", ..] when reads => null,
            ["ping"] when reads => null,
            ["invocations"] => Role.Infer,
            ["dashboard", "login" or "logout"] => null,
            ["v2"] when reads => Role.Infer,
            ["v2", "models", _, "infer" or "generate" or "generate_stream"] => Role.Infer,
            ["v2", "models", _, "versions", _, "infer" or "generate" or "generate_stream"] => Role.Infer,
            ["v2", "models", _, "trace", ..] or ["v2", "trace", ..] or ["v2", "logging"] => reads
                ? Role.Operate
                : Role.Admin,
            ["v2", "models", ..] when reads => Role.Infer,
            ["v2", "repository", "index"] => Role.Operate,
            ["v2", "jobs", ..] => Role.Operate,
            ["v2", "systemsharedmemory" or "cudasharedmemory", ..] => Role.Operate,
            ["v2", ..] or ["metrics"] when reads => Role.Operate,
            _ => Role.Admin,
        };
    }

    /// <summary>Whether a method changes nothing: GET, HEAD, and OPTIONS, which tells a path's methods.</summary>
    public static bool IsRead(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    private static Role? OfGrpc(string call) =>
        call is "ServerLive" or "ServerReady" ? null
        : s_grpcInfer.Contains(call) ? Role.Infer
        : s_grpcOperate.Contains(call) ? Role.Operate
        : Role.Admin;
}
