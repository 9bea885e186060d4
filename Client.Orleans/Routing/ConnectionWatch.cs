using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansInference.Routing.Health;

namespace OrleansInference.Client.Routing;

/// <summary>Notifies the client's node watch when a connection to a gateway ends.</summary>
internal sealed class ConnectionWatch(IServiceProvider services) : IConfigureOptions<ClientConnectionOptions>
{
    /// <inheritdoc />
    public void Configure(ClientConnectionOptions options) =>
        options.ConfigureConnection(connection =>
            connection.Use(next =>
                async context =>
                {
                    using CancellationTokenRegistration closed = context.ConnectionClosed.UnsafeRegister(
                        static state => ((ConnectionWatch)state!).NotifyDisconnected(),
                        this
                    );
                    try
                    {
                        await next(context).ConfigureAwait(false);
                    }
                    finally
                    {
                        NotifyDisconnected();
                    }
                }
            )
        );

    private void NotifyDisconnected()
    {
        try
        {
            services.GetRequiredService<NodeWatch>().ConnectionBroke();
        }
        catch (ObjectDisposedException)
        {
            // The host is gone, and its connections end after it.
        }
    }
}
