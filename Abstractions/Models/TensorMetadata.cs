namespace OrleansInference;

/// <summary>An input or output as clients see it.</summary>
/// <param name="Name">Its name in the model.</param>
/// <param name="Datatype">Its element type.</param>
/// <param name="Shape">Its dimensions with the batch dimension first where the model batches; −1 varies.</param>
public sealed record TensorMetadata(string Name, TensorDatatype Datatype, long[] Shape);
