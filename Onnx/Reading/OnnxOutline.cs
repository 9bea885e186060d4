namespace OrleansInference.Onnx.Reading;

/// <summary>What an ONNX file says about itself, without its weights.</summary>
/// <param name="Path">The file it was read from.</param>
/// <param name="IrVersion">Version of the file format, 1 or more.</param>
/// <param name="OpsetImports">Operator-set version by domain; ONNX's own domain is <c>ai.onnx</c>.</param>
/// <param name="ProducerName">The tool that wrote the file; may be empty.</param>
/// <param name="ProducerVersion">Its version; may be empty.</param>
/// <param name="GraphName">The graph's name; may be empty.</param>
/// <param name="Inputs">Graph inputs in file order. One that is also an initializer is optional.</param>
/// <param name="Outputs">Graph outputs in file order.</param>
/// <param name="InitializerNames">The main graph's constants, dense and sparse.</param>
/// <param name="ExternalDataLocations">
/// Paths of the weight files as written, each once, from every tensor in the file: those in attributes, subgraphs,
/// functions and training graphs too. Not checked: see <see cref="OnnxExternalData"/>.
/// </param>
/// <param name="Metadata">The file's own properties; of a key given twice the last.</param>
/// <param name="OperatorDomains">Domains of the operators that a runtime must bring: those the file defines as functions are left out.</param>
public sealed record OnnxOutline(
    string Path,
    long IrVersion,
    IReadOnlyDictionary<string, long> OpsetImports,
    string ProducerName,
    string ProducerVersion,
    string GraphName,
    IReadOnlyList<OnnxValue> Inputs,
    IReadOnlyList<OnnxValue> Outputs,
    IReadOnlyList<string> InitializerNames,
    IReadOnlyList<string> ExternalDataLocations,
    IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<string> OperatorDomains)
{
    /// <summary>The name of ONNX's own domain, which files also write as an empty string.</summary>
    public const string DefaultDomain = "ai.onnx";
}
