using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine.Replicas;

/// <summary>Says which inputs a request lacks, in Triton's words, which clients know. Pure.</summary>
internal static class MissingInputs
{
    /// <summary>The message.</summary>
    public static string Describe(InferenceCall request, ModelSignature model)
    {
        int required = model.Inputs.Count(input => !input.IsOptional);
        string expected =
            required == model.Inputs.Length
                ? $"{required} inputs"
                : $"number of inputs between {required} and {model.Inputs.Length}";
        HashSet<string> given = [.. request.Inputs.Select(input => input.Name)];
        IEnumerable<string> missing = model
            .Inputs.Where(input => !input.IsOptional && !given.Contains(input.Name))
            .Select(input => input.Name);
        return $"expected {expected} but got {request.Inputs.Length} inputs for model '{request.ModelName}'. Got input(s) "
            + $"[{List(given)}], but missing required input(s) [{List(missing)}]. Please provide all required input(s).";
    }

    private static string List(IEnumerable<string> names) => string.Join(",", names.Select(name => $"'{name}'"));
}
