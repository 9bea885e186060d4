namespace OrleansInference.Grains.Interfaces.Wire;

/// <summary><see cref="InferenceTimings"/> as nodes send them.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.Wire.InferenceTimings")]
public readonly record struct InferenceTimingsSurrogate(
    [property: Id(0)] TimeSpan Load,
    [property: Id(1)] TimeSpan Queue,
    [property: Id(2)] TimeSpan ComputeInput,
    [property: Id(3)] TimeSpan ComputeInfer,
    [property: Id(4)] TimeSpan ComputeOutput,
    [property: Id(5)] int BatchRows
);

/// <summary>Between <see cref="InferenceTimings"/> and its wire form.</summary>
[RegisterConverter]
public sealed class InferenceTimingsConverter : IConverter<InferenceTimings, InferenceTimingsSurrogate>
{
    /// <inheritdoc />
    public InferenceTimings ConvertFromSurrogate(in InferenceTimingsSurrogate surrogate) =>
        new()
        {
            Load = surrogate.Load,
            Queue = surrogate.Queue,
            ComputeInput = surrogate.ComputeInput,
            ComputeInfer = surrogate.ComputeInfer,
            ComputeOutput = surrogate.ComputeOutput,
            BatchRows = surrogate.BatchRows,
        };

    /// <inheritdoc />
    public InferenceTimingsSurrogate ConvertToSurrogate(in InferenceTimings value) =>
        new(value.Load, value.Queue, value.ComputeInput, value.ComputeInfer, value.ComputeOutput, value.BatchRows);
}
