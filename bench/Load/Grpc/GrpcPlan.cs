using System.Net;

namespace OrleansInference.Load.Grpc;

/// <summary>A serialized ModelInferRequest, where to send it, for how long.</summary>
internal sealed record GrpcPlan(IPEndPoint Server, byte[] Request, int Connections, double Seconds, double Warmup)
{
    public int? ServerProcess { get; init; }
}
