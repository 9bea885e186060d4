using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using OrleansInference.Gateway.Hosting;

namespace OrleansInference.Gateway.Tests.Hosting;

public sealed class ConnectionLimitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connect_BeyondTheLimit_IsToldOverHttpAndClosed()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("MaxConnections", "1"));
        using RawConnection admitted = await AdmittedAsync(host);

        using RawConnection refused = await host.ConnectAsync();

        (int status, string headers, byte[] body) = await refused.ReceiveAsync();
        Assert.Equal(503, status);
        Assert.Contains("Connection: close", headers, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(body);
        Assert.Contains(
            "Gateway:MaxConnections",
            json.RootElement.GetProperty("error").GetString(),
            StringComparison.Ordinal
        );
        Assert.True(await refused.IsClosedAsync());
        await admitted.SendAsync("GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(200, (await admitted.ReceiveAsync()).Status);
    }

    [Fact]
    public async Task Connect_BeyondTheLimitWithARequestUnderWay_ReadsTheAnswer()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("MaxConnections", "1"));
        using RawConnection admitted = await AdmittedAsync(host);

        for (int i = 0; i < 20; i++)
        {
            using RawConnection refused = await host.ConnectAsync();
            await refused.SendAsync(
                Encoding.ASCII.GetBytes(
                    "POST /v2/models/echo/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
                        + new string('x', 100_000)
                )
            );
            Assert.Equal(503, (await refused.ReceiveAsync()).Status);
        }
    }

    [Fact]
    public async Task Connect_OverGrpcBeyondTheLimit_IsClosed()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("MaxConnections", "1"));
        Assert.True((await host.Grpc.ServerLiveAsync(new(), cancellationToken: Token)).Live);

        using RawConnection refused = await host.ConnectAsync(host.GrpcPort);

        Assert.True(await refused.IsClosedAsync());
        Assert.True((await host.Grpc.ServerLiveAsync(new(), cancellationToken: Token)).Live);
    }

    [Fact]
    public async Task Use_WhileARefusedOneLingers_OnlyAdmittedOnesCount()
    {
        Queue<TaskCompletionSource> admitted = [];
        ConnectionDelegate connect = new ConnectionLimit(1, isHttp1: true, Timeout.InfiniteTimeSpan).Use(_ =>
        {
            admitted.Enqueue(new TaskCompletionSource());
            return admitted.Last().Task;
        });
        Pipe silentClient = new();
        Pipe answer = new();
        Task first = connect(new DefaultConnectionContext());
        Task lingering = connect(
            new DefaultConnectionContext { Transport = new Duplex(silentClient.Reader, answer.Writer) }
        );
        ReadResult told = await answer.Reader.ReadAsync(Token);
        Assert.StartsWith("HTTP/1.1 503", Encoding.ASCII.GetString(told.Buffer), StringComparison.Ordinal);
        admitted.Peek().SetResult();
        await first;

        Task next = connect(new DefaultConnectionContext());

        Assert.False(lingering.IsCompleted);
        Assert.Equal(2, admitted.Count);
        admitted.Last().SetResult();
        silentClient.Writer.Complete();
        await Task.WhenAll(next, lingering);
    }

    /// <summary>A connection that the server is known to have counted.</summary>
    private static async Task<RawConnection> AdmittedAsync(GatewayHost host)
    {
        RawConnection connection = await host.ConnectAsync();
        await connection.SendAsync("GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(200, (await connection.ReceiveAsync()).Status);
        return connection;
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
