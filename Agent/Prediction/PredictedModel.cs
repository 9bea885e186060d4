using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Prediction;

/// <summary>A model as it is predicted to be asked for.</summary>
public sealed record PredictedModel
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of a replica.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Latency objective.</summary>
    public required double SloSeconds { get; init; }

    /// <summary>Most rows of a run.</summary>
    public required int MaxRows { get; init; }

    /// <summary>Rows a second to plan for.</summary>
    public required double RowsPerSecond { get; init; }

    /// <summary>The 95th percentile of that.</summary>
    public required double PeakRowsPerSecond { get; init; }

    /// <summary>Mean rows of a request, ≥ 1.</summary>
    public required double RowsPerRequest { get; init; }

    /// <summary>Bytes of inputs and outputs.</summary>
    public required double BytesPerRow { get; init; }

    /// <summary>What an operator fixed; null for nothing.</summary>
    public required ModelPin? Pin { get; init; }

    /// <summary>What it takes, by the nodes' order.</summary>
    public required IReadOnlyList<ServiceModel> Service { get; init; }
}
