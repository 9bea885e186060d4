using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Client;

/// <summary>Requests and answers as nodes send them to each other.</summary>
internal static class InferenceCalls
{
    /// <summary>The call of a request; the tensors are shared, and stay the caller's.</summary>
    public static InferenceCall From(InferenceRequest request) =>
        new()
        {
            ModelName = request.ModelName,
            ModelVersion = request.ModelVersion,
            Id = request.Id,
            Inputs = request.Inputs,
            RequestedOutputs = request.RequestedOutputs,
            PriorityLevel = request.Priority,
            Timeout = request.Timeout,
            SloP99Ms = request.SloP99Ms,
            SequenceId = request.SequenceId,
            SequenceStart = request.SequenceStart,
            SequenceEnd = request.SequenceEnd,
            Background = request.Background,
            Tenant = request.Tenant,
        };

    /// <summary>The result of an answer, whose outputs it takes over.</summary>
    /// <exception cref="InferenceException">The answer is an error.</exception>
    public static InferenceResult ToResult(InferenceAnswer answer) =>
        answer.Error == InferenceError.None
            ? new InferenceResult
            {
                ModelName = answer.ModelName,
                ModelVersion = answer.ModelVersion,
                Id = answer.Id,
                Outputs = answer.Outputs,
                Timings = answer.Timings,
            }
            : throw new InferenceException(answer.Error, answer.ErrorMessage);
}
