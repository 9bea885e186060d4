using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Gateway.Http;

/// <summary>One element of <c>inputs</c> as read, before its contents are.</summary>
internal struct InputHeader
{
    public string? Name;
    public TensorDatatype Datatype;
    public long[]? Shape;

    /// <summary><c>binary_data_size</c>, or −1.</summary>
    public int BinarySize;

    /// <summary>Offset of the JSON <c>data</c>, or −1.</summary>
    public int DataOffset;

    /// <summary>Length of the JSON <c>data</c>.</summary>
    public int DataLength;
}
