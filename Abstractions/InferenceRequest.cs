using System.Diagnostics.CodeAnalysis;

namespace OrleansInference;

/// <summary>One request for inference. Its tensors stay the caller's, and must not change until the call has ended.</summary>
public sealed record InferenceRequest
{
    /// <summary>A request whose members are set by name.</summary>
    public InferenceRequest() { }

    /// <summary>A request to a model.</summary>
    [SetsRequiredMembers]
    public InferenceRequest(string modelName, params Tensor[] inputs)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelName);
        ArgumentNullException.ThrowIfNull(inputs);
        ModelName = modelName;
        Inputs = inputs;
    }

    /// <summary>The model's name in the repository.</summary>
    public required string ModelName { get; init; }

    /// <summary>A decimal version number, or empty for the highest version that is ready.</summary>
    public string ModelVersion { get; init; } = "";

    /// <summary>The caller's own id, returned unchanged; may be empty.</summary>
    public string Id { get; init; } = "";

    /// <summary>The inputs, in any order; optional inputs may be left out.</summary>
    public required Tensor[] Inputs { get; init; }

    /// <summary>Names of the outputs to return, in this order; empty for all.</summary>
    public string[] RequestedOutputs { get; init; } = [];

    /// <summary>1 is the most urgent; 0 stands for the model's default priority.</summary>
    public ulong Priority { get; init; }

    /// <summary>The deadline, counted from the request's arrival at the server; zero for none.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>
    /// The caller's latency objective in milliseconds, which orders the queue; 0 for the model's own.
    /// </summary>
    public double SloP99Ms { get; init; }

    /// <summary>
    /// The sequence that it belongs to: a decimal number or any text; empty for none. Requests of one sequence run one
    /// after the other, in the order in which they came.
    /// </summary>
    public string SequenceId { get; init; } = "";

    /// <summary>Whether it is the first of its sequence; what the model remembers begins anew.</summary>
    public bool SequenceStart { get; init; }

    /// <summary>Whether it is the last of its sequence.</summary>
    public bool SequenceEnd { get; init; }

    /// <summary>
    /// Whether it stands behind all others in the model's queue, whatever their priorities: bulk work that may wait.
    /// Over Orleans only.
    /// </summary>
    public bool Background { get; init; }

    /// <summary>Whose request it is; empty where nobody said. Over Orleans only: elsewhere the key says it.</summary>
    public string Tenant { get; init; } = "";
}
