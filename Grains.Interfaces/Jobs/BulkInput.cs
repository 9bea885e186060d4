namespace OrleansInference.Grains.Interfaces.Jobs;

/// <summary>One input of the model and the columns that feed it.</summary>
/// <param name="Name">The input.</param>
/// <param name="Datatype">Its element type.</param>
/// <param name="Shape">Its dimensions for one row, all fixed.</param>
/// <param name="Columns">The columns, in the order in which their elements are joined.</param>
/// <param name="Elements">Elements that each of them gives for a row.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.BulkInput")]
public sealed record BulkInput(
    [property: Id(0)] string Name,
    [property: Id(1)] TensorDatatype Datatype,
    [property: Id(2)] long[] Shape,
    [property: Id(3)] string[] Columns,
    [property: Id(4)] long[] Elements
);
