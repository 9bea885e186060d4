using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Routing.Calls;

/// <summary>Runs a request in this process, and takes its tensors over.</summary>
public delegate ValueTask<InferenceAnswer> LocalExecutor(InferenceCall request, CancellationToken cancellationToken);
