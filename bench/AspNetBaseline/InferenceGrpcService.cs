using System.Collections.Frozen;
using Grpc.Core;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Protocol;

namespace OrleansInference.AspNetBaseline;

/// <summary>ModelInfer with raw contents. The session runs on the request's own thread.</summary>
internal sealed class InferenceGrpcService(FrozenDictionary<string, ServedModel> models)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        if (!models.TryGetValue(request.ModelName, out var model))
        {
            throw Failure(StatusCode.NotFound, $"Request for unknown model: '{request.ModelName}' is not found");
        }

        var slot = model.Rent();
        try
        {
            slot.Read(request);
            return Task.FromResult(slot.RunAndAnswer(request.Id));
        }
        catch (Exception exception)
            when (exception
                    is RequestFormatException
                        or OverflowException
                        or OnnxRuntimeException
                        or InvalidOperationException
            )
        {
            throw Failure(StatusCode.InvalidArgument, exception.Message);
        }
        finally
        {
            model.Return(slot);
        }
    }

    private static RpcException Failure(StatusCode code, string message) => new(new Status(code, message));
}
