using OrleansInference.Gateway.Access;
using OrleansInference.Gateway.Diagnostics;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>
/// What HTTP and gRPC do alike with an inference request: admission, tracing, the run, and the form of the outputs.
/// </summary>
internal sealed class InferenceHandler(
    IRequestDispatcher dispatcher,
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
        InferenceResponse answer = await dispatcher.InferAsync(request, cancellationToken);
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

    /// <summary>Whether a model's requests belong to sequences.</summary>
    public bool HasSequences(string model, string version) => dispatcher.HasSequences(model, version);

    /// <summary>
    /// Ends a sequence one of whose requests was refused before it could run; nothing for a model without sequences.
    /// </summary>
    public void BreakSequence(string model, string version, string? sequence, string reason)
    {
        if (string.IsNullOrEmpty(sequence) || !HasSequences(model, version))
        {
            return;
        }
        dispatcher.BreakSequence(model, version, sequence, reason);
    }
}
