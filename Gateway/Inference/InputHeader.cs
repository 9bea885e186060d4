namespace OrleansInference.Gateway.Inference;

/// <summary>One element of <c>inputs</c> as read, before its contents are.</summary>
internal struct InputHeader
{
    public string? Name;
    public TensorDatatype Datatype;
    public long[]? Shape;

    /// <summary><c>binary_data_size</c>, or −1.</summary>
    public int BinarySize;

    /// <summary>The shared memory that has the contents; null for none.</summary>
    public string? Region;

    /// <summary>Where in the region.</summary>
    public long RegionOffset;

    /// <summary>Bytes of it.</summary>
    public long RegionSize;

    /// <summary>Offset of the JSON <c>data</c>, or −1.</summary>
    public int DataOffset;

    /// <summary>Length of the JSON <c>data</c>.</summary>
    public int DataLength;
}
