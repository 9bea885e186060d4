using OrleansInference.Gateway.Access;
using OrleansInference.Gateway.Diagnostics;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>
/// What HTTP and gRPC do alike with an inference request: admission, tracing, the run, and the form of the outputs.
/// </summary>
internal sealed class InferenceHandler(
    IInferencePipeline pipeline,
    IAdmissionGate gate,
    OutputDelivery delivery,
    TraceRecorder traces
)
{
    /// <summary>Decides by the headers whether a request may enter. Its ticket is the caller's to dispose.</summary>
    public AdmissionOutcome Admit(Caller caller, string model, string version, TimeSpan timeout)
    {
        AdmissionRequest request = new(model, version, caller.Tenant, caller.Weight, caller.QuotaPerSecond, timeout)
        {
            IsProbe = caller.IsProbe,
        };
        return gate.TryEnter(request);
    }

    /// <summary>
    /// Runs a request, whose tensors are taken over, for a caller. The answer is the caller's to dispose.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="caller">Who sent it.</param>
    /// <param name="protocol">HTTP or GRPC, for traces.</param>
    /// <param name="outputs">The outputs that were named, in the form that is wanted.</param>
    /// <param name="cancellationToken">Fires when the client is gone.</param>
    /// <exception cref="InferenceException">An output cannot be given in the form that was asked for.</exception>
    public async ValueTask<InferenceResponse> InferAsync(
        InferenceRequest request,
        Caller caller,
        string protocol,
        IReadOnlyList<RequestedOutput> outputs,
        CancellationToken cancellationToken
    )
    {
        TraceSample? trace = caller.IsProbe ? null : traces.Begin(request.ModelName, protocol);
        InferenceResponse answer = await pipeline.InferAsync(request, cancellationToken);
        try
        {
            InferenceResponse response = delivery.Deliver(answer, outputs);
            trace?.End(response);
            return response;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    /// <summary>A model's sequences; null where its requests belong to none.</summary>
    public ModelSequences? FindSequences(string model, string version) =>
        pipeline.HasSequences(model, version) ? new ModelSequences(pipeline, model, version) : null;
}
