namespace OrleansInference.Agent.Prediction;

/// <summary>The cluster of the next minutes, as far as it can be told from telemetry.</summary>
/// <param name="Nodes">The nodes.</param>
/// <param name="Models">The models.</param>
/// <param name="IsTrusted">Whether the predictions of late were good enough to plan by.</param>
public sealed record PredictedCluster(
    IReadOnlyList<PredictedNode> Nodes,
    IReadOnlyList<PredictedModel> Models,
    bool IsTrusted
);
