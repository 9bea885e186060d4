namespace OrleansInference.Engine.Sessions;

/// <summary>What a loaded model takes and gives, completed from its ONNX file.</summary>
public sealed record ModelSignature
{
    /// <summary>Inputs in the graph's order, optional ones last.</summary>
    public required TensorSpec[] Inputs { get; init; }

    /// <summary>Outputs in the graph's order.</summary>
    public required TensorSpec[] Outputs { get; init; }

    /// <summary>Most rows of one run; 0 for a model whose requests cannot run together.</summary>
    public required int MaxBatchSize { get; init; }

    /// <summary>Inputs that the server makes from the shapes of a batch's requests.</summary>
    internal BatchInputSpec[] BatchInputs { get; init; } = [];

    /// <summary>
    /// Whether requests run whole, since inputs, outputs or batch inputs of the graph tell the requests of a run apart.
    /// </summary>
    public bool IsRagged { get; init; }

    /// <summary>Whether requests can run together.</summary>
    public bool IsBatched => MaxBatchSize > 0;

    /// <summary>The same for a model whose requests run one at a time.</summary>
    public ModelSignature Unbatched() =>
        this with
        {
            MaxBatchSize = 0,
            Inputs = [.. Inputs.Select(spec => spec with { IsBatched = false })],
            Outputs = [.. Outputs.Select(spec => spec with { IsBatched = false })],
        };
}
