using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// Tells the node's watch when a connection between silos ends: Orleans itself lets calls that are under way on it wait
/// for their whole response timeout.
/// </summary>
internal sealed class ConnectionWatch(IServiceProvider services) : IConfigureOptions<SiloConnectionOptions>
{
    /// <inheritdoc />
    public void Configure(SiloConnectionOptions options)
    {
        options.ConfigureSiloOutboundConnection(connection => connection.Use(Watch));
        options.ConfigureSiloInboundConnection(connection => connection.Use(Watch));
    }

    private ConnectionDelegate Watch(ConnectionDelegate next) =>
        async context =>
        {
            // The client of a connection that the other side closes learns of it only through the transport's own
            // token.
            using CancellationTokenRegistration closed = context.ConnectionClosed.UnsafeRegister(
                static state => ((ConnectionWatch)state!).Broke(),
                this
            );
            try
            {
                await next(context).ConfigureAwait(false);
            }
            finally
            {
                Broke();
            }
        };

    private void Broke()
    {
        try
        {
            services.GetRequiredService<ClusterNode>().Watch.ConnectionBroke();
        }
        catch (ObjectDisposedException)
        {
            // The host is gone, and its connections end after it.
        }
    }
}
