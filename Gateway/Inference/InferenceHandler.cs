using OrleansInference.Gateway.Access;
using OrleansInference.Gateway.Diagnostics;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>
/// Handles an inference request for HTTP and gRPC alike: tracing, the run, and the form of the outputs.
/// </summary>
internal sealed class InferenceHandler(IRequestDispatcher dispatcher, OutputDelivery delivery, TraceRecorder traces)
{
    /// <summary>
    /// Runs a request, whose tensors are taken over, for a caller (step 4). The answer is the caller's to dispose.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="ticket">What the gate gave it.</param>
    /// <param name="caller">Who sent it.</param>
    /// <param name="protocol">HTTP or GRPC, for traces.</param>
    /// <param name="outputs">The outputs that were named, in the form that is wanted.</param>
    /// <param name="cancellationToken">Fires when the client is gone.</param>
    /// <exception cref="InferenceException">An output cannot be given in the form that was asked for.</exception>
    public ValueTask<InferenceAnswer> InferAsync(
        InferenceCall request,
        AdmissionTicket ticket,
        Caller caller,
        string protocol,
        IReadOnlyList<RequestedOutput> outputs,
        CancellationToken cancellationToken
    )
    {
        TraceSample? trace = caller.IsProbe ? null : traces.Begin(request.ModelName, protocol);
        ValueTask<InferenceAnswer> answer = dispatcher.InferAsync(request, ticket, cancellationToken);
        // Nearly every request: one state machine less.
        return trace is null && OutputDelivery.IsPlain(outputs) ? answer : DeliverAsync(answer, outputs, trace);
    }

    /// <summary>A model's sequences; null where its requests belong to none.</summary>
    public ModelSequences? FindSequences(string model, string version) =>
        dispatcher.HasSequences(model, version) ? new ModelSequences(dispatcher, model, version) : null;

    private async ValueTask<InferenceAnswer> DeliverAsync(
        ValueTask<InferenceAnswer> pending,
        IReadOnlyList<RequestedOutput> outputs,
        TraceSample? trace
    )
    {
        InferenceAnswer answer = await pending;
        try
        {
            InferenceAnswer response = delivery.Deliver(answer, outputs);
            trace?.End(response);
            return response;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }
}
