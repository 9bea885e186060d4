using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Orleans.Networking.Shared;

namespace OrleansInference.Routing.Connections;

/// <summary>Opens connections to silos.</summary>
internal sealed class SocketConnector(IOptions<SocketConnectionOptions> options) : IConnectionFactory
{
    /// <inheritdoc />
    /// <exception cref="SocketConnectionException">Nobody listens there, or nobody can be reached.</exception>
    public async ValueTask<ConnectionContext> ConnectAsync(
        EndPoint endpoint,
        CancellationToken cancellationToken = default
    )
    {
        Socket socket = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            ConnectedSocket.Configure(socket, options.Value);
            await socket.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
            return new ConnectedSocket(socket);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new SocketConnectionException(
                $"Unable to connect to {endpoint}. Error: {exception.SocketErrorCode}",
                exception
            );
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
