using OrleansInference.Gateway.Access;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>An inference request as HTTP has it.</summary>
internal sealed class ParsedInferRequest
{
    private static readonly List<RequestedOutput> None = [];

    private List<RequestedOutput>? _outputs;

    /// <summary>The caller's id; null where none was given.</summary>
    public string? Id { get; set; }

    /// <summary>Its parameters.</summary>
    public RequestParameters Parameters;

    /// <summary>Its inputs, which the dispatcher will own.</summary>
    public Tensor[] Inputs { get; set; } = [];

    /// <summary>The outputs asked for; empty for all.</summary>
    public List<RequestedOutput> Outputs => _outputs ??= [];

    /// <summary>The same to read, without a list of its own for a request that names none.</summary>
    public IReadOnlyList<RequestedOutput> Named => _outputs ?? None;

    /// <summary>The output as it was asked for; null where it was not named.</summary>
    public RequestedOutput? Find(string output)
    {
        // Without a closure: every output of every answer asks.
        foreach (RequestedOutput requested in _outputs ?? None)
        {
            if (requested.Name == output)
            {
                return requested;
            }
        }
        return null;
    }

    /// <summary>Whether an output comes back in binary.</summary>
    public bool IsBinary(string output)
    {
        RequestedOutput? requested = Find(output);
        return requested?.Region is null && (requested?.Binary ?? Parameters.BinaryOutput);
    }

    /// <summary>The request to a model, which takes over the inputs.</summary>
    public InferenceCall ToRequest(string model, string version, Caller caller, bool mayRunOnCaller) =>
        new()
        {
            ModelName = model,
            ModelVersion = version,
            Id = Id ?? "",
            Inputs = Inputs,
            RequestedOutputs = OutputNames(),
            PriorityLevel = Parameters.Priority,
            Timeout = Parameters.Timeout,
            SloP99Ms = Parameters.SloP99Ms,
            SequenceId = Parameters.SequenceId ?? "",
            SequenceStart = Parameters.SequenceStart,
            SequenceEnd = Parameters.SequenceEnd,
            Tenant = caller.Tenant,
            TenantWeight = caller.Weight,
            Background = caller.IsProbe,
            IsProbe = caller.IsProbe,
            MayRunOnCaller = mayRunOnCaller,
        };

    private string[] OutputNames()
    {
        if (_outputs is not { Count: > 0 } outputs)
        {
            return [];
        }
        string[] names = new string[outputs.Count];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = outputs[i].Name;
        }
        return names;
    }
}
