using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansInference.Routing.Connections;

/// <summary>Gives Orleans connections that are made for tensors.</summary>
public static class ConnectionsRegistration
{
    /// <summary>
    /// Replaces the sockets of an Orleans client or silo, whose services are there already. What goes over the wire
    /// stays as it is. A transport that somebody else has chosen stays too.
    /// </summary>
    public static IServiceCollection AddTensorConnections(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        Replace<IConnectionFactory, SocketConnector>(services);
        Replace<IConnectionListenerFactory, SocketListenerFactory>(services);
        return services;
    }

    private static void Replace<TService, TImplementation>(IServiceCollection services)
        where TService : class
        where TImplementation : class, TService
    {
        // Orleans has one for each of a silo's ports and directions, under keys that are its own.
        object[] keys =
        [
            .. services
                .Where(static service => service.ServiceType == typeof(TService) && service.ServiceKey is not null)
                .GroupBy(static service => service.ServiceKey!)
                .Where(static sameKey => sameKey.Count() == 1)
                .Select(static sameKey => sameKey.Key),
        ];
        foreach (object key in keys)
        {
            services.AddKeyedSingleton<TService, TImplementation>(key);
        }
    }
}
