using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansInference.Client.Http;
using OrleansInference.Client.Registration;

namespace OrleansInference;

/// <summary>Registers clients.</summary>
public static class InferenceClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IInferenceClient"/>. Where it asks is said by the builder's <c>Use…</c>, or by configuration:
    /// section <c>OrleansInference:Client</c> or connection string <c>inference</c>.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is one already.</exception>
    public static IInferenceClientBuilder AddInferenceClient(this IServiceCollection services) =>
        services.AddInferenceClient(Options.DefaultName);

    /// <summary>
    /// Adds an <see cref="IInferenceClient"/> that is resolved by its name as a keyed service. Its configuration is
    /// section <c>OrleansInference:Clients:NAME</c> or connection string <c>NAME</c>.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is one of that name already.</exception>
    public static IInferenceClientBuilder AddInferenceClient(this IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ClientName registered = new(name);
        if (services.Any(service => service.ImplementationInstance is ClientName known && known == registered))
        {
            throw new InvalidOperationException(
                name.Length == 0
                    ? "There is an inference client already; give a second one a name: AddInferenceClient(\"NAME\")."
                    : $"There is an inference client '{name}' already; a name is for one."
            );
        }
        services.AddSingleton(registered);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IInferenceTransport, HttpTransport>());
        services.AddSingleton<IConfigureOptions<InferenceClientOptions>>(provider => new ConfiguredOptions(
            name,
            provider.GetService<IConfiguration>()
        ));
        services.AddSingleton<IValidateOptions<InferenceClientOptions>>(provider => new OptionsRules(
            name,
            provider.GetServices<IInferenceTransport>()
        ));
        services.AddOptions<InferenceClientOptions>(name).ValidateOnStart();
        HttpTransport.AddHttpClient(services, name);
        if (name.Length == 0)
        {
            services.AddSingleton(provider => Create(provider, name));
        }
        else
        {
            services.AddKeyedSingleton(name, (provider, _) => Create(provider, name));
        }
        return new InferenceClientBuilder(name, services);
    }

    private static IInferenceClient Create(IServiceProvider services, string name)
    {
        InferenceClientOptions options = services
            .GetRequiredService<IOptionsMonitor<InferenceClientOptions>>()
            .Get(name);
        string transport = OptionsRules.TransportOf(options);
        return services
            .GetServices<IInferenceTransport>()
            .First(known => known.Name == transport)
            .Create(services, name, options);
    }

    private sealed record ClientName(string Name);
}
