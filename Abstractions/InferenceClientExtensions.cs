namespace OrleansInference;

/// <summary>Shorter forms of calls.</summary>
public static class InferenceClientExtensions
{
    /// <summary>Runs a model on inputs, without a deadline. The caller disposes the result.</summary>
    /// <exception cref="InferenceException">The request was refused or failed.</exception>
    public static Task<InferenceResult> InferAsync(
        this IInferenceClient client,
        string modelName,
        params Tensor[] inputs
    ) => client.InferAsync(modelName, inputs, CancellationToken.None);

    /// <inheritdoc cref="InferAsync(IInferenceClient, string, Tensor[])"/>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public static Task<InferenceResult> InferAsync(
        this IInferenceClient client,
        string modelName,
        Tensor[] inputs,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.InferAsync(new InferenceRequest(modelName, inputs), cancellationToken);
    }
}
