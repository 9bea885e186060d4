namespace OrleansInference.Grains.Interfaces.Wire;

/// <summary><see cref="TensorMetadata"/> as nodes send it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.Wire.TensorMetadata")]
public readonly record struct TensorMetadataSurrogate(
    [property: Id(0)] string Name,
    [property: Id(1)] TensorDatatype Datatype,
    [property: Id(2)] long[] Shape
);

/// <summary>Between <see cref="TensorMetadata"/> and its wire form.</summary>
[RegisterConverter]
public sealed class TensorMetadataConverter : IConverter<TensorMetadata, TensorMetadataSurrogate>
{
    /// <inheritdoc />
    public TensorMetadata ConvertFromSurrogate(in TensorMetadataSurrogate surrogate) =>
        new(surrogate.Name, surrogate.Datatype, surrogate.Shape);

    /// <inheritdoc />
    public TensorMetadataSurrogate ConvertToSurrogate(in TensorMetadata value) =>
        new(value.Name, value.Datatype, value.Shape);
}
