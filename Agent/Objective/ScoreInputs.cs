namespace OrleansInference.Agent.Objective;

/// <summary>What <see cref="ClusterScore"/> is made of, all of the same span of time.</summary>
public readonly record struct ScoreInputs
{
    /// <summary>Core seconds of the work of requests that were answered within their objective.</summary>
    public double DeliveredWork { get; init; }

    /// <summary>Core seconds of the work of all requests.</summary>
    public double OfferedWork { get; init; }

    /// <summary>Core seconds that the cluster has.</summary>
    public double CapacityWork { get; init; }

    /// <summary>Bytes of inputs and outputs of requests that were answered within their objective.</summary>
    public double DeliveredBytes { get; init; }

    /// <summary>Bytes of inputs and outputs of all requests.</summary>
    public double OfferedBytes { get; init; }

    /// <summary>Bytes sent from node to node: requests and answers, model files, parts of answers.</summary>
    public double CrossBytes { get; init; }

    /// <summary>Bytes that the nodes' links could have carried.</summary>
    public double LinkBytes { get; init; }
}
