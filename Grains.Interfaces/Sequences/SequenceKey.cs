using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Sequences;

/// <summary>The key of a sequence's grain.</summary>
public static class SequenceKey
{
    /// <summary>
    /// Model, the version asked for, and the sequence's id: a client that names versions has a sequence for each.
    /// </summary>
    public static string Of(InferenceCall request) => Of(request.ModelName, request.ModelVersion, request.SequenceId);

    /// <inheritdoc cref="Of(InferenceCall)"/>
    public static string Of(string modelName, string modelVersion, string sequenceId) =>
        $"{modelName}\n{modelVersion}\n{sequenceId}";
}
