using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace OrleansInference.Gateway.Hosting;

/// <summary>
/// Limits the connections to one port. It answers one too many with an error; Kestrel's own limit would only close it.
/// </summary>
/// <param name="limit">Most connections at once.</param>
/// <param name="isHttp1">Whether a refused client can be told why in HTTP/1.1.</param>
/// <param name="linger">How long a refused client is given to read why.</param>
internal sealed class ConnectionLimit(int limit, bool isHttp1, TimeSpan linger)
{
    /// <summary>
    /// Most refused connections that get time to read the answer. Beyond it they are answered and closed at once.
    /// </summary>
    private const int MaxLingering = 1024;

    /// <summary>The usual time for a refused client to read why.</summary>
    public static readonly TimeSpan DefaultLinger = TimeSpan.FromSeconds(1);

    private int _connections;
    private int _lingering;

    /// <summary>The connection middleware.</summary>
    public ConnectionDelegate Use(ConnectionDelegate next) =>
        async connection =>
        {
            if (Interlocked.Increment(ref _connections) <= limit)
            {
                try
                {
                    await next(connection);
                }
                finally
                {
                    Interlocked.Decrement(ref _connections);
                }

                return;
            }

            // Those being refused hold no place, or clients that keep trying would keep everybody out.
            Interlocked.Decrement(ref _connections);
            // A client of HTTP/2 reads no answer in HTTP/1.1: closing the connection is all that tells it.
            if (!isHttp1)
            {
                return;
            }
            try
            {
                await RefuseAsync(connection, lingers: Interlocked.Increment(ref _lingering) <= MaxLingering);
            }
            finally
            {
                Interlocked.Decrement(ref _lingering);
            }
        };

    private async Task RefuseAsync(ConnectionContext connection, bool lingers)
    {
        string body =
            $$"""{"error":"the server has its {{limit}} connections (Gateway:MaxConnections); try again later"}""";
        string answer =
            $"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: "
            + $"1\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        try
        {
            using CancellationTokenSource timeout = new(linger);
            await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(answer), timeout.Token);
            // Closing with unread data would reset the connection before the client has read the answer: it closes
            // first.
            while (lingers)
            {
                ReadResult read = await connection.Transport.Input.ReadAsync(timeout.Token);
                if (read.IsCompleted)
                {
                    return;
                }
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // It is being closed anyway.
        }
    }
}
