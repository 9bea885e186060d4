using Microsoft.Extensions.DependencyInjection;

namespace OrleansInference;

/// <summary>Says where a registered client asks, and how. Each call holds for this client alone.</summary>
public interface IInferenceClientBuilder
{
    /// <summary>The client's name; empty for the one that is resolved without a key.</summary>
    string Name { get; }

    /// <summary>The services that it is registered with.</summary>
    IServiceCollection Services { get; }
}
