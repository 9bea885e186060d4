namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>
/// The answer to one request: outputs, or an error. A refused request or a missed deadline is an ordinary answer, not
/// an exception. The receiver disposes it.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.InferenceResponse")]
public sealed record InferenceAnswer : IDisposable
{
    /// <summary>The model that answered.</summary>
    [Id(0)]
    public required string ModelName { get; init; }

    /// <summary>The version that answered; empty when none did.</summary>
    [Id(1)]
    public string ModelVersion { get; init; } = "";

    /// <summary>The request's id.</summary>
    [Id(2)]
    public string Id { get; init; } = "";

    /// <summary>The outputs in the requested order; empty on an error.</summary>
    [Id(3)]
    public Tensor[] Outputs { get; init; } = [];

    /// <summary><see cref="InferenceError.None"/> on success.</summary>
    [Id(4)]
    public InferenceError Error { get; init; }

    /// <summary>What was wrong and what is allowed; empty on success.</summary>
    [Id(5)]
    public string ErrorMessage { get; init; } = "";

    /// <summary>Where the time went.</summary>
    [Id(6)]
    public InferenceTimings Timings { get; init; }

    /// <summary>An error answer to <paramref name="request"/>.</summary>
    public static InferenceAnswer Failure(InferenceCall request, InferenceError error, string message) =>
        new()
        {
            ModelName = request.ModelName,
            ModelVersion = request.ModelVersion,
            Id = request.Id,
            Error = error,
            ErrorMessage = message,
        };

    /// <summary>Returns this answer, or throws its error as an <see cref="InferenceException"/>.</summary>
    public InferenceAnswer EnsureSuccess() =>
        Error == InferenceError.None ? this : throw new InferenceException(Error, ErrorMessage);

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
