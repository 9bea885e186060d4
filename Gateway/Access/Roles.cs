using Microsoft.AspNetCore.Http;

namespace OrleansInference.Gateway.Access;

/// <summary>Which role a call needs. What is not named here needs <see cref="Role.Admin"/>.</summary>
internal static class Roles
{
    private const string Grpc = "/inference.GRPCInferenceService/";

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
        bool reads = HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
        Span<Range> ranges = stackalloc Range[PathSegments.Most];
        return new PathSegments(text, ranges) switch
        {
            // Orchestrators and load balancers have no key; the dashboard's files hold no data, and its log-in is how
            // one gets in.
            ["v2", "health", ..] when reads => null,
            [] or ["dashboard", ..] when reads => null,
            ["dashboard", "login" or "logout"] => null,
            ["v2"] when reads => Role.Infer,
            ["v2", "models", _, "infer"] or ["v2", "models", _, "versions", _, "infer"] => Role.Infer,
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

    private static Role? OfGrpc(string call) =>
        call is "ServerLive" or "ServerReady" ? null
        : s_grpcInfer.Contains(call) ? Role.Infer
        : s_grpcOperate.Contains(call) ? Role.Operate
        : Role.Admin;
}
