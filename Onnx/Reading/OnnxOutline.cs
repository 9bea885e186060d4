namespace OrleansInference.Onnx.Reading;

/// <summary>What a model file says of itself, without its weights.</summary>
public sealed record OnnxOutline
{
    /// <summary>Version of the format.</summary>
    public required long IrVersion { get; init; }

    /// <summary>What wrote it; may be empty.</summary>
    public required string Producer { get; init; }

    /// <summary>Operator sets by domain; the empty domain is ONNX's own.</summary>
    public required IReadOnlyDictionary<string, long> OperatorSets { get; init; }

    /// <summary>Graph inputs, those with a default value included.</summary>
    public required IReadOnlyList<OnnxValue> Inputs { get; init; }

    /// <summary>Graph outputs.</summary>
    public required IReadOnlyList<OnnxValue> Outputs { get; init; }

    /// <summary>Names of the graph's initializers.</summary>
    public required IReadOnlyList<string> Initializers { get; init; }

    /// <summary>Files that hold weights, as written: relative to the model's folder, if all is well.</summary>
    public required IReadOnlyList<string> ExternalData { get; init; }

    /// <summary>Domains of the operators used.</summary>
    public required IReadOnlyList<string> OperatorDomains { get; init; }

    /// <summary>Free key and value pairs.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
}
