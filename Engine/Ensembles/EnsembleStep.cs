using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Ensembles;

/// <summary>One model call of an ensemble.</summary>
/// <param name="ModelName">The model.</param>
/// <param name="ModelVersion">A decimal number, or empty for the highest that is ready.</param>
/// <param name="Inputs">The model's inputs and the ensemble tensors that feed them.</param>
/// <param name="Outputs">The model's outputs that are used and the ensemble tensors that they become.</param>
public sealed record EnsembleStep(
    string ModelName,
    string ModelVersion,
    IReadOnlyDictionary<string, string> Inputs,
    IReadOnlyDictionary<string, string> Outputs
)
{
    /// <summary>What the model takes, when the ensemble was loaded.</summary>
    internal TensorSpec[] Takes { get; init; } = [];
}
