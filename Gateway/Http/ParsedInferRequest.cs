using OrleansInference.Gateway.Mapping;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Gateway.Http;

/// <summary>An inference request as HTTP has it.</summary>
internal sealed class ParsedInferRequest
{
    /// <summary>The caller's id; null where none was given.</summary>
    public string? Id { get; set; }

    /// <summary>Its parameters.</summary>
    public RequestParameters Parameters;

    /// <summary>Its inputs, which the pipeline will own.</summary>
    public InferenceTensor[] Inputs { get; set; } = [];

    /// <summary>The outputs asked for; empty for all.</summary>
    public List<RequestedOutput> Outputs { get; } = [];

    /// <summary>Whether an output comes back in binary.</summary>
    public bool IsBinary(string output)
    {
        foreach (RequestedOutput requested in Outputs)
        {
            if (requested.Name == output) return requested.Binary ?? Parameters.BinaryOutput;
        }

        return Parameters.BinaryOutput;
    }
}
