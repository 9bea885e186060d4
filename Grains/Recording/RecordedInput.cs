namespace OrleansInference.Grains.Recording;

/// <summary>An input of a request, as it was sent: recorded only where the operator asked for inputs.</summary>
public sealed class RecordedInput
{
    /// <summary>When it came, Unix milliseconds; the inputs of one request have the same.</summary>
    public double At { get; set; }

    /// <summary>The model.</summary>
    public string Model { get; set; } = "";

    /// <summary>The input's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its element type, as the protocol names it.</summary>
    public string Datatype { get; set; } = "";

    /// <summary>Its shape, such as <c>1,3,224,224</c>.</summary>
    public string Shape { get; set; } = "";

    /// <summary>Its elements, little-endian and row major; texts with their lengths before them.</summary>
    public byte[] Data { get; set; } = [];
}
