namespace OrleansInference.Jobs.Formats;

/// <summary>A column of an input file.</summary>
/// <param name="Name">Its name; empty where the format has none.</param>
/// <param name="Shape">The shape of one row's value; empty for a single element.</param>
/// <param name="Datatype">Its element type where the format fixes one that must be the model's; none where elements are
/// converted.</param>
public sealed record RowColumn(string Name, long[] Shape, TensorDatatype Datatype = TensorDatatype.None)
{
    /// <summary>Elements of one row.</summary>
    public long Elements => TensorShape.TryCount(Shape, out long elements) ? elements : 0;
}
