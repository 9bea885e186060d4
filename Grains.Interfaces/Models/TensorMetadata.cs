using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Grains.Interfaces.Models;

/// <summary>An input or output as clients see it.</summary>
/// <param name="Name">Its name in the model.</param>
/// <param name="Datatype">Its element type.</param>
/// <param name="Shape">Its dimensions with the batch dimension first where the model batches; −1 varies.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.TensorMetadata")]
public sealed record TensorMetadata(
    [property: Id(0)] string Name,
    [property: Id(1)] TensorDatatype Datatype,
    [property: Id(2)] long[] Shape
);
