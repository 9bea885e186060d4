namespace OrleansInference.Onnx.Reading;

/// <summary>What an ONNX file says about itself, without its weights.</summary>
public sealed record OnnxOutline
{
    /// <summary>The file it was read from.</summary>
    public required string Path { get; init; }

    /// <summary>Version of the file format, 1 or more.</summary>
    public required long IrVersion { get; init; }

    /// <summary>Operator-set version by domain; ONNX's own domain is <c>ai.onnx</c>.</summary>
    public required IReadOnlyDictionary<string, long> OpsetImports { get; init; }

    /// <summary>The tool that wrote the file; may be empty.</summary>
    public required string ProducerName { get; init; }

    /// <summary>Its version; may be empty.</summary>
    public required string ProducerVersion { get; init; }

    /// <summary>The graph's name; may be empty.</summary>
    public required string GraphName { get; init; }

    /// <summary>Graph inputs in file order. One that is also an initializer is optional.</summary>
    public required IReadOnlyList<OnnxValue> Inputs { get; init; }

    /// <summary>Graph outputs in file order.</summary>
    public required IReadOnlyList<OnnxValue> Outputs { get; init; }

    /// <summary>The main graph's constants, dense and sparse.</summary>
    public required IReadOnlyList<string> InitializerNames { get; init; }

    /// <summary>
    /// Paths of the weight files as written, each once, from every tensor in the file: those in attributes, subgraphs,
    /// functions and training graphs too. Not checked: see <see cref="OnnxExternalData"/>.
    /// </summary>
    public required IReadOnlyList<string> ExternalDataLocations { get; init; }

    /// <summary>The file's own properties; of a key given twice the last.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>
    /// Domains of the operators that a runtime must bring: those the file defines as functions are left out.
    /// </summary>
    public required IReadOnlyList<string> OperatorDomains { get; init; }

    /// <summary>The name of ONNX's own domain, which files also write as an empty string.</summary>
    public const string DefaultDomain = "ai.onnx";
}
