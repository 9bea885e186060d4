using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Diagnostics;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Gateway.Repository;
using OrleansInference.Gateway.SharedMemory;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Gateway.Grpc;

/// <summary>KServe v2 over gRPC.</summary>
internal sealed partial class InferenceGrpcService(
    IInferencePipeline pipeline,
    IModelCatalog catalog,
    IAdmissionGate gate,
    IModelRepository repository,
    ModelEndpoints models,
    SharedMemoryRegions regions,
    OutputDelivery delivery,
    TraceSettings traceSettings,
    TraceRecorder traces,
    LogSettings logSettings,
    BytesInFlight bytesInFlight,
    UnexpectedFailure unexpected,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    IOptions<GatewayOptions> options)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    private static readonly JsonParser ConfigParser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    /// <inheritdoc />
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    /// <inheritdoc />
    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = models.IsServerReady });

    /// <inheritdoc />
    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelReadyResponse { Ready = catalog.IsModelReady(request.Name, request.Version) });

    /// <inheritdoc />
    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse { Name = options.Value.ServerName, Version = options.Value.ServerVersion, Extensions = { models.Extensions } });

    /// <inheritdoc />
    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context) => AnsweredAsync("ModelMetadata", () =>
    {
        ModelMetadata metadata = catalog.GetMetadata(request.Name, ModelVersion.Require(request.Name, request.Version));
        return new ModelMetadataResponse
        {
            Name = metadata.Name,
            Versions = { metadata.Versions },
            Platform = metadata.Platform,
            Inputs = { metadata.Inputs.Select(Describe) },
            Outputs = { metadata.Outputs.Select(Describe) },
        };
    });

    /// <inheritdoc />
    public override Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context) => AnsweredAsync("ModelConfig", () =>
        new ModelConfigResponse { Config = ConfigParser.Parse<ModelConfig>(catalog.GetConfigJson(request.Name, ModelVersion.Require(request.Name, request.Version))) });

    private Task<T> AnsweredAsync<T>(string call, Func<T> answer) => AnsweredAsync(call, () => Task.FromResult(answer()));

    private async Task<T> AnsweredAsync<T>(string call, Func<Task<T>> answer)
    {
        try
        {
            return await answer();
        }
        catch (InferenceException exception)
        {
            throw Failure(exception.Error, exception.Message);
        }
        catch (Exception exception) when (exception is not (RpcException or OperationCanceledException))
        {
            throw Failure(InferenceError.Internal, unexpected.Report(call, exception));
        }
    }

    private static ModelMetadataResponse.Types.TensorMetadata Describe(TensorMetadata tensor) =>
        new() { Name = tensor.Name, Datatype = tensor.Datatype.WireName(), Shape = { tensor.Shape } };

    private RpcException Failure(InferenceError error, string message) => new(new Status(InferenceErrorMapping.ToGrpc(error, options.Value.TritonStatusCodes), message));
}
