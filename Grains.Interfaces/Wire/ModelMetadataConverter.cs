namespace OrleansInference.Grains.Interfaces.Wire;

/// <summary><see cref="ModelMetadata"/> as nodes send it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.Wire.ModelMetadata")]
public readonly record struct ModelMetadataSurrogate(
    [property: Id(0)] string Name,
    [property: Id(1)] string[] Versions,
    [property: Id(2)] string Platform,
    [property: Id(3)] TensorMetadata[] Inputs,
    [property: Id(4)] TensorMetadata[] Outputs,
    [property: Id(5)] string ExecutionProvider,
    [property: Id(6)] Dictionary<string, string> Parameters,
    [property: Id(7)] int MaxBatchSize
);

/// <summary>Between <see cref="ModelMetadata"/> and its wire form.</summary>
[RegisterConverter]
public sealed class ModelMetadataConverter : IConverter<ModelMetadata, ModelMetadataSurrogate>
{
    /// <inheritdoc />
    public ModelMetadata ConvertFromSurrogate(in ModelMetadataSurrogate surrogate) =>
        new(
            surrogate.Name,
            surrogate.Versions,
            surrogate.Platform,
            surrogate.Inputs,
            surrogate.Outputs,
            surrogate.ExecutionProvider,
            surrogate.Parameters
        )
        {
            MaxBatchSize = surrogate.MaxBatchSize,
        };

    /// <inheritdoc />
    public ModelMetadataSurrogate ConvertToSurrogate(in ModelMetadata value) =>
        new(
            value.Name,
            value.Versions,
            value.Platform,
            value.Inputs,
            value.Outputs,
            value.ExecutionProvider,
            value.Parameters,
            value.MaxBatchSize
        );
}
