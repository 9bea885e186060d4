namespace OrleansInference;

/// <summary>A model as clients see it (KServe v2 model metadata).</summary>
/// <param name="Name">Its name in the repository.</param>
/// <param name="Versions">The versions that are ready, ascending.</param>
/// <param name="Platform">Always <c>onnxruntime_onnx</c> here.</param>
/// <param name="Inputs">What it takes.</param>
/// <param name="Outputs">What it gives.</param>
/// <param name="ExecutionProvider">ONNX Runtime's provider that really serves it, such as
/// <c>CPUExecutionProvider</c>.</param>
/// <param name="Parameters">The <c>parameters</c> of its configuration, such as how pictures become inputs.</param>
public sealed record ModelMetadata(
    string Name,
    string[] Versions,
    string Platform,
    TensorMetadata[] Inputs,
    TensorMetadata[] Outputs,
    string ExecutionProvider,
    Dictionary<string, string> Parameters
)
{
    /// <summary>
    /// Most rows of one run; 0 for a model without a batch dimension. Clients of other servers do not learn it.
    /// </summary>
    public int MaxBatchSize { get; init; }
}
