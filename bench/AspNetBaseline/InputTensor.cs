namespace OrleansInference.AspNetBaseline;

/// <summary>One input as the request describes it. Reused: <see cref="Shape"/> keeps its array.</summary>
internal sealed class InputTensor
{
    public const int MaxRank = 8;

    private readonly long[] dimensions = new long[MaxRank];

    public int Model { get; set; }

    public TensorType? Type { get; set; }

    public int Rank { get; private set; }

    /// <summary>Bytes, as `binary_data_size` says; −1 where it is missing.</summary>
    public long Size { get; set; }

    public ReadOnlySpan<long> Shape => dimensions.AsSpan(0, Rank);

    public void Reset()
    {
        Model = -1;
        Type = null;
        Rank = 0;
        Size = -1;
    }

    public void AddDimension(long length)
    {
        if (Rank == MaxRank || length < 0)
        {
            throw new RequestFormatException("shape is not valid");
        }
        dimensions[Rank++] = length;
    }

    public void Check(ServedModel model)
    {
        if (Model < 0 || Type is null || Type != model.Inputs[Model].Type)
        {
            throw new RequestFormatException("an input's name or datatype is not the model's");
        }
        var bytes = (long)Type.Size;
        foreach (var dimension in Shape)
        {
            bytes = checked(bytes * dimension);
        }
        if (bytes != Size)
        {
            throw new RequestFormatException($"binary_data_size {Size} is not what shape and datatype need, {bytes}");
        }
    }

    public bool SameAs(InputTensor other) =>
        Model == other.Model && Type == other.Type && Shape.SequenceEqual(other.Shape);
}
