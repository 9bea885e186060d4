namespace OrleansInference;

/// <summary>Why a request took as long as it did. Of an ensemble: the sums over its steps.</summary>
public readonly record struct InferenceTimings
{
    /// <summary>Waiting for its model to be loaded on demand.</summary>
    public TimeSpan Load { get; init; }

    /// <summary>From admission to the start of its run.</summary>
    public TimeSpan Queue { get; init; }

    /// <summary>Gathering the inputs of its batch.</summary>
    public TimeSpan ComputeInput { get; init; }

    /// <summary>Its batch in ONNX Runtime.</summary>
    public TimeSpan ComputeInfer { get; init; }

    /// <summary>From the end of the run until its own outputs were ready.</summary>
    public TimeSpan ComputeOutput { get; init; }

    /// <summary>Rows of the batch it ran in, its own among them.</summary>
    public int BatchRows { get; init; }

    /// <summary>The whole of it.</summary>
    public TimeSpan Total => Load + Queue + ComputeInput + ComputeInfer + ComputeOutput;
}
