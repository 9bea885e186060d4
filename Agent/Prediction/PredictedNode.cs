using Orleans.Runtime;

namespace OrleansInference.Agent.Prediction;

/// <summary>A node as it is predicted to be.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address.</param>
/// <param name="Cores">Batches that it runs side by side.</param>
/// <param name="MemoryBytes">Bytes for models.</param>
/// <param name="LinkMbps">Its link; 0 where unknown.</param>
/// <param name="Draining">Whether it is to be emptied.</param>
public sealed record PredictedNode(
    string Name,
    SiloAddress Address,
    int Cores,
    long MemoryBytes,
    double LinkMbps,
    bool Draining
);
