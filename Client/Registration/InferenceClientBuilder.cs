using Microsoft.Extensions.DependencyInjection;

namespace OrleansInference.Client.Registration;

/// <inheritdoc cref="IInferenceClientBuilder"/>
internal sealed record InferenceClientBuilder(string Name, IServiceCollection Services) : IInferenceClientBuilder;
