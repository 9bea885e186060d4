using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Orleans.Networking.Shared;

namespace OrleansInference.Routing.Connections;

/// <summary>Listens for connections of silos and clients.</summary>
internal sealed class SocketListenerFactory(IOptions<SocketConnectionOptions> options) : IConnectionListenerFactory
{
    /// <inheritdoc />
    /// <exception cref="AddressInUseException">Another process listens there.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new SocketListener(endpoint, options.Value));
}
