using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Prediction;

/// <summary>A model as it is predicted to be asked for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="MemoryBytes">Bytes of a replica.</param>
/// <param name="SloSeconds">Latency objective.</param>
/// <param name="MaxRows">Most rows of a run.</param>
/// <param name="RowsPerSecond">Rows a second to plan for.</param>
/// <param name="PeakRowsPerSecond">The 95th percentile of that.</param>
/// <param name="RowsPerRequest">Mean rows of a request, ≥ 1.</param>
/// <param name="BytesPerRow">Bytes of inputs and outputs.</param>
/// <param name="Pin">What an operator fixed; null for nothing.</param>
/// <param name="Service">What it takes, by the nodes' order.</param>
public sealed record PredictedModel(
    string Name, long MemoryBytes, double SloSeconds, int MaxRows, double RowsPerSecond, double PeakRowsPerSecond, double RowsPerRequest, double BytesPerRow, ModelPin? Pin, IReadOnlyList<ServiceModel> Service);
