using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Sequences;

/// <summary>The key of a sequence's grain.</summary>
public static class SequenceKey
{
    /// <summary>Model, the version asked for, and the sequence's id: a client that names versions has a sequence for each.</summary>
    public static string Of(InferenceRequest request) => $"{request.ModelName}\n{request.ModelVersion}\n{request.SequenceId}";
}
