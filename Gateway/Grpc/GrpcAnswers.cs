using Grpc.Core;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Grpc;

/// <summary>Turns failures of a call into its gRPC status.</summary>
internal sealed class GrpcAnswers(UnexpectedFailure unexpected, IOptions<GatewayOptions> options)
{
    /// <summary>Answers a call.</summary>
    /// <exception cref="RpcException">The call failed; the status says why.</exception>
    public Task<T> AnswerAsync<T>(string call, Func<T> answer) => AnswerAsync(call, () => Task.FromResult(answer()));

    /// <summary>Answers a call.</summary>
    /// <exception cref="RpcException">The call failed; the status says why.</exception>
    public async Task<T> AnswerAsync<T>(string call, Func<Task<T>> answer)
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

    /// <summary>The exception that gives a call its status.</summary>
    public RpcException Failure(InferenceError error, string message)
    {
        StatusCode code = InferenceErrorMapping.ToGrpc(error, options.Value.TritonStatusCodes);
        return new RpcException(new Status(code, message));
    }
}
