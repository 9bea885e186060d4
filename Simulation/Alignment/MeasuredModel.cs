using OrleansInference.Agent.Prediction;

namespace OrleansInference.Simulation.Alignment;

/// <summary>A served model, as it was measured.</summary>
/// <param name="Name">Its name.</param>
/// <param name="SloSeconds">Latency objective, and deadline of each request.</param>
/// <param name="MaxRows">Most rows of a run, ≥ 1.</param>
/// <param name="RequestBytes">Bytes of a row's inputs.</param>
/// <param name="AnswerBytes">Bytes of a row's outputs.</param>
/// <param name="OverheadSeconds">What a lone request takes beyond its run: client, HTTP, gateway.</param>
/// <param name="LoadBalance">How its requests are divided.</param>
/// <param name="Service">What its runs take, by node; null where it is not placed.</param>
public sealed record MeasuredModel(
    string Name,
    double SloSeconds,
    int MaxRows,
    int RequestBytes,
    int AnswerBytes,
    double OverheadSeconds,
    string LoadBalance,
    IReadOnlyList<ServiceModel?> Service
);
