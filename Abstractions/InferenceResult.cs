namespace OrleansInference;

/// <summary>What a model answered. The outputs are in pooled memory: read them, then dispose the result.</summary>
public sealed record InferenceResult : IDisposable
{
    /// <summary>The model that answered.</summary>
    public required string ModelName { get; init; }

    /// <summary>The version that answered.</summary>
    public string ModelVersion { get; init; } = "";

    /// <summary>The request's id.</summary>
    public string Id { get; init; } = "";

    /// <summary>The outputs in the requested order.</summary>
    public required Tensor[] Outputs { get; init; }

    /// <summary>Where the time went; over Orleans only.</summary>
    public InferenceTimings Timings { get; init; }

    /// <summary>The output called <paramref name="name"/>.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message lists those there are.</exception>
    public Tensor Output(string name) =>
        Array.Find(Outputs, output => output.Name == name)
        ?? throw new KeyNotFoundException(
            $"No output '{name}' in the answer of model '{ModelName}'; it has: "
                + $"{string.Join(", ", Outputs.Select(o => o.Name))}."
        );

    /// <summary>Releases the outputs.</summary>
    public void Dispose()
    {
        foreach (Tensor output in Outputs)
        {
            output.Dispose();
        }
    }
}
