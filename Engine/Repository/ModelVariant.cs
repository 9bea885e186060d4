namespace OrleansInference.Engine.Repository;

/// <summary>
/// Another form of a model's version (θ_M): a file beside it, with what it loses in accuracy on its owner's data.
/// </summary>
/// <param name="Name">Its name, such as <c>int8</c>.</param>
/// <param name="File">Name of its file in the version's folder.</param>
/// <param name="AccuracyLoss">What it loses against the original, as a share, ≥ 0: of rows whose answer is another, or
/// of the outputs' size.</param>
public sealed record ModelVariant(string Name, string File, double AccuracyLoss);
