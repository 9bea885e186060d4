using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Limits;
using OrleansInference.Gateway.Mapping;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Gateway.Grpc;

/// <summary>KServe v2 over gRPC.</summary>
internal sealed class InferenceGrpcService(IInferencePipeline pipeline, IModelCatalog catalog, BytesInFlight bytesInFlight, UnexpectedFailure unexpected, TimeProvider time, IOptions<GatewayOptions> options)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    /// <inheritdoc />
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    /// <inheritdoc />
    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = catalog.IsServerReady });

    /// <inheritdoc />
    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelReadyResponse { Ready = catalog.IsModelReady(request.Name, request.Version) });

    /// <inheritdoc />
    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse { Name = options.Value.ServerName, Version = options.Value.ServerVersion, Extensions = { ModelEndpoints.Extensions } });

    /// <inheritdoc />
    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        try
        {
            ModelMetadata metadata = catalog.GetMetadata(request.Name, ModelVersion.Require(request.Name, request.Version));
            return Task.FromResult(new ModelMetadataResponse
            {
                Name = metadata.Name,
                Versions = { metadata.Versions },
                Platform = metadata.Platform,
                Inputs = { metadata.Inputs.Select(Describe) },
                Outputs = { metadata.Outputs.Select(Describe) },
            });
        }
        catch (InferenceException exception)
        {
            throw Failure(exception.Error, exception.Message);
        }
        catch (Exception exception)
        {
            throw Failure(InferenceError.Internal, unexpected.Report("ModelMetadata", exception));
        }
    }

    /// <inheritdoc />
    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        long bytes = request.CalculateSize();
        bool counted = false;
        try
        {
            bytesInFlight.Add(bytes);
            counted = true;
            InferenceResponse response = await pipeline.InferAsync(GrpcRequestReader.Read(request, context, time), context.CancellationToken);
            // The message is serialised after this method has returned: its memory goes back when the call has ended.
            context.GetHttpContext().Response.RegisterForDispose(response);
            return response.Error == InferenceError.None ? Message(request, response) : throw Failure(response.Error, response.ErrorMessage);
        }
        catch (InferenceException exception)
        {
            throw Failure(exception.Error, exception.Message);
        }
        catch (Exception exception) when (exception is not RpcException && !context.CancellationToken.IsCancellationRequested)
        {
            throw Failure(InferenceError.Internal, unexpected.Report("ModelInfer", exception));
        }
        finally
        {
            if (counted) bytesInFlight.Remove(bytes);
        }
    }

    private static ModelInferResponse Message(ModelInferRequest request, InferenceResponse response)
    {
        ModelInferResponse message = new() { ModelName = response.ModelName, ModelVersion = response.ModelVersion, Id = request.Id };
        foreach (InferenceTensor output in response.Outputs)
        {
            ModelInferResponse.Types.InferOutputTensor described = new() { Name = output.Name, Datatype = output.Datatype.WireName() };
            foreach (long dimension in output.Shape) described.Shape.Add(dimension);
            message.Outputs.Add(described);
            message.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(output.Data));
        }

        return message;
    }

    private static ModelMetadataResponse.Types.TensorMetadata Describe(TensorMetadata tensor) =>
        new() { Name = tensor.Name, Datatype = tensor.Datatype.WireName(), Shape = { tensor.Shape } };

    private static RpcException Failure(InferenceError error, string message) => new(new Status(InferenceErrorMapping.ToGrpc(error), message));
}
