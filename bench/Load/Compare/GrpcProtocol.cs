using System.Net;
using Grpc.Core;
using OrleansInference.Load.Grpc;
using OrleansInference.Load.Measurement;
using OrleansInference.Protocol;

namespace OrleansInference.Load.Compare;

internal sealed class GrpcProtocol : IInferProtocol
{
    public string Description => "gRPC with raw contents, a channel for each connection";

    public Task<string?> ProblemAsync(IPEndPoint server, ComparedModel model, CancellationToken cancellation) =>
        GrpcOutputCheck.ProblemAsync(server, model.GrpcRequest, model.Expected, cancellation);

    public async Task<string?> MetadataAsync(IPEndPoint server, CancellationToken cancellation)
    {
        try
        {
            using var channel = InferChannel.Open(server);
            var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
            var metadata = await client.ServerMetadataAsync(
                new ServerMetadataRequest(),
                deadline: InferChannel.Deadline(),
                cancellationToken: cancellation
            );
            return $"{metadata.Name} {metadata.Version}";
        }
        catch (RpcException)
        {
            cancellation.ThrowIfCancellationRequested();
            return null;
        }
    }

    public Task<LoadResult> LoadAsync(
        ComparedServer server,
        ComparedModel model,
        int connections,
        (double Measured, double Warmup) times,
        CancellationToken cancellation
    )
    {
        var plan = new GrpcPlan(server.Target, model.GrpcRequest, connections, times.Measured, times.Warmup)
        {
            ServerProcess = server.Id,
        };
        return GrpcLoadRun.ExecuteAsync(plan, cancellation);
    }
}
