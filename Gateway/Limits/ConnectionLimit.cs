using System.Text;
using Microsoft.AspNetCore.Connections;

namespace OrleansInference.Gateway.Limits;

/// <summary>
/// Bounds the connections to one port. One too many is told so and closed, where Kestrel's own limit would only close it.
/// </summary>
internal sealed class ConnectionLimit(int limit, bool isHttp1)
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);
    private int _connections;

    /// <summary>Connections open.</summary>
    public int Current => Volatile.Read(ref _connections);

    /// <summary>The connection middleware.</summary>
    public ConnectionDelegate Use(ConnectionDelegate next) => async connection =>
    {
        try
        {
            if (Interlocked.Increment(ref _connections) <= limit) await next(connection);
            else if (isHttp1) await RefuseAsync(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    };

    private async Task RefuseAsync(ConnectionContext connection)
    {
        string body = $$"""{"error":"the server has its {{limit}} connections (Gateway:MaxConnections); try again later"}""";
        string answer = $"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        try
        {
            using CancellationTokenSource timeout = new(Linger);
            await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(answer), timeout.Token);
            await connection.Transport.Output.CompleteAsync();
            // Closing with unread data would reset the connection before the client has read the answer.
            await connection.Transport.Input.ReadAsync(timeout.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            // It is being closed anyway.
        }
    }
}
