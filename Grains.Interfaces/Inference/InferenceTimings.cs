namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>Why a request took as long as it did.</summary>
/// <param name="Queue">From admission to the start of its run.</param>
/// <param name="Run">Of the batch it ran in, copying in and out included.</param>
/// <param name="BatchRows">Rows of that batch, this request's among them.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.InferenceTimings")]
public readonly record struct InferenceTimings([property: Id(0)] TimeSpan Queue, [property: Id(1)] TimeSpan Run, [property: Id(2)] int BatchRows);
