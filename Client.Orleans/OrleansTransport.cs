using Microsoft.Extensions.DependencyInjection;

namespace OrleansInference.Client;

/// <summary>The application's Orleans client.</summary>
internal sealed class OrleansTransport(string owner) : IInferenceTransport
{
    /// <inheritdoc />
    public string Name => "orleans";

    /// <inheritdoc />
    public IInferenceClient Create(IServiceProvider services, string name, InferenceClientOptions options) =>
        name == owner
            ? ActivatorUtilities.CreateInstance<OrleansInferenceClient>(services)
            : throw new InvalidOperationException(
                $"Inference client '{name}' has the transport orleans, but it was client '{owner}' that called UseOrleans."
            );
}
