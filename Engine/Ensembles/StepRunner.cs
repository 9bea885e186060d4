using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine.Ensembles;

/// <summary>Runs one step of an ensemble wherever its model serves; takes the request over.</summary>
public delegate ValueTask<InferenceAnswer> StepRunner(InferenceCall request, CancellationToken cancellationToken);
