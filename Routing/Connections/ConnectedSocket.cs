using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Orleans.Networking.Shared;

namespace OrleansInference.Routing.Connections;

/// <summary>
/// A connection between silos, or of a client with a silo. It reads into blocks of 64 KB where Orleans' own reads
/// 4 KB at a time, with two calls of the kernel each, and hands its bytes on without a queue between threads.
/// </summary>
internal sealed class ConnectedSocket : DefaultConnectionContext
{
    private static readonly StreamPipeReaderOptions Blocks = new(
        bufferSize: 64 * 1024,
        minimumReadSize: 16 * 1024,
        leaveOpen: true
    );

    private readonly Socket _socket;
    private readonly MessageWriter _writer;
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _end = new();
    private Task? _told;

    public ConnectedSocket(Socket socket)
        : base(Guid.NewGuid().ToString("N"))
    {
        _socket = socket;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _ended.Token;
        NetworkStream stream = new(socket, ownsSocket: false);
        _writer = new MessageWriter(stream);
        Transport = new DuplexPipe(PipeReader.Create(stream, Blocks), _writer);
    }

    /// <summary>What Orleans sets on a socket of its own.</summary>
    public static void Configure(Socket socket, SocketConnectionOptions options)
    {
        // A connection ends at once: what is left unsent belongs to calls that are sent again.
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.NoDelay = options.NoDelay;
        if (!options.KeepAlive)
        {
            return;
        }
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, options.KeepAliveTimeSeconds);
        socket.SetSocketOption(
            SocketOptionLevel.Tcp,
            SocketOptionName.TcpKeepAliveInterval,
            options.KeepAliveIntervalSeconds
        );
        socket.SetSocketOption(
            SocketOptionLevel.Tcp,
            SocketOptionName.TcpKeepAliveRetryCount,
            options.KeepAliveRetryCount
        );
    }

    /// <inheritdoc />
    public override void Abort(ConnectionAbortedException abortReason) => _ = EndAsync();

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        await Transport.Input.CompleteAsync().ConfigureAwait(false);
        _writer.Dispose();
        _ended.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends when all who watch the connection have been told, which happens on a thread of the pool.</summary>
    private Task EndAsync()
    {
        lock (_end)
        {
            if (_told is null)
            {
                _socket.Dispose();
                _told = _ended.CancelAsync();
            }
            return _told;
        }
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
