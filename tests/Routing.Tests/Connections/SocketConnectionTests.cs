using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Orleans.Networking.Shared;
using OrleansInference.Routing.Connections;

namespace OrleansInference.Routing.Tests.Connections;

public sealed class SocketConnectionTests
{
    private static readonly IOptions<SocketConnectionOptions> Settings = Options.Create(new SocketConnectionOptions());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ConnectAsync_BytesOfBothSides_Arrive()
    {
        await using Pair pair = await Pair.ConnectAsync();
        byte[] message = new byte[5_000_000];
        new Random(1).NextBytes(message);

        Task<byte[]> received = ReadAsync(pair.Server, message.Length);
        await pair.Client.Transport.Output.WriteAsync(message, Token);
        Assert.Equal(message, await received);
        await pair.Server.Transport.Output.WriteAsync(message.AsMemory(0, 3), Token);
        Assert.Equal(message[..3], await ReadAsync(pair.Client, 3));
    }

    [Fact]
    public async Task ReadAsync_OtherSideEnds_IsCompletedOrThrows()
    {
        await using Pair pair = await Pair.ConnectAsync();
        ValueTask<ReadResult> read = pair.Server.Transport.Input.ReadAsync(Token);

        await pair.Client.DisposeAsync();

        try
        {
            Assert.True((await read).IsCompleted);
        }
        catch (IOException)
        {
            // A connection that is dropped without its last bytes is reset.
        }
    }

    [Fact]
    public async Task CancelPendingRead_NothingComes_EndsTheRead()
    {
        await using Pair pair = await Pair.ConnectAsync();
        ValueTask<ReadResult> read = pair.Server.Transport.Input.ReadAsync(Token);

        pair.Server.Transport.Input.CancelPendingRead();

        Assert.True((await read).IsCanceled);
    }

    [Fact]
    public async Task Abort_ThoseWhoWatch_AreTold()
    {
        await using Pair pair = await Pair.ConnectAsync();
        TaskCompletionSource told = new();
        pair.Client.ConnectionClosed.Register(told.SetResult);

        pair.Client.Abort();

        await told.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task ConnectAsync_NobodyListens_SaysWhere()
    {
        IPEndPoint free;
        await using (IConnectionListener listener = await ListenAsync(0))
        {
            free = (IPEndPoint)listener.EndPoint;
        }

        SocketConnectionException refused = await Assert.ThrowsAsync<SocketConnectionException>(async () =>
            await new SocketConnector(Settings).ConnectAsync(free, Token)
        );

        Assert.Contains(free.ToString(), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BindAsync_PortIsTaken_IsSaid()
    {
        await using IConnectionListener first = await ListenAsync(0);

        await Assert.ThrowsAsync<AddressInUseException>(() => ListenAsync(((IPEndPoint)first.EndPoint).Port));
    }

    [Fact]
    public async Task UnbindAsync_WhileOneWaits_EndsTheWait()
    {
        IConnectionListener listener = await ListenAsync(0);
        ValueTask<ConnectionContext?> accept = listener.AcceptAsync(Token);

        await listener.UnbindAsync(Token);

        Assert.Null(await accept);
    }

    private static async Task<IConnectionListener> ListenAsync(int port) =>
        await new SocketListenerFactory(Settings).BindAsync(new IPEndPoint(IPAddress.Loopback, port), Token);

    private static async Task<byte[]> ReadAsync(ConnectionContext connection, int bytes)
    {
        ReadResult read = await connection.Transport.Input.ReadAtLeastAsync(bytes, Token);
        byte[] received = read.Buffer.ToArray();
        connection.Transport.Input.AdvanceTo(read.Buffer.End);
        return received;
    }

    private sealed record Pair(IConnectionListener Listener, ConnectionContext Client, ConnectionContext Server)
        : IAsyncDisposable
    {
        public static async Task<Pair> ConnectAsync()
        {
            IConnectionListener listener = await ListenAsync(0);
            ValueTask<ConnectionContext?> accept = listener.AcceptAsync(Token);
            ConnectionContext client = await new SocketConnector(Settings).ConnectAsync(listener.EndPoint, Token);
            return new Pair(listener, client, (await accept)!);
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Server.DisposeAsync();
            await Listener.DisposeAsync();
        }
    }
}
