using System.Net;
using System.Text;
using System.Text.Json;
using OrleansInference.Gateway.Inference;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Inference;

public sealed class BodyLimitTests(SharedHost shared)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, false, HttpStatusCode.OK)]
    [InlineData(0, true, HttpStatusCode.OK)]
    [InlineData(1, false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(1, true, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(3_000_000, false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(3_000_000, true, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Infer_ABodyAroundTheLimit_IsServedUpToItAndToldBeyond(
        int over,
        bool chunked,
        HttpStatusCode status
    )
    {
        using ByteArrayContent content = InferBody.Content(BodyOf(GatewayHost.BodyLimit + over));
        using HttpRequestMessage request = new(HttpMethod.Post, "/v2/models/echo/infer") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;

        using HttpResponseMessage response = await shared.Host.Http.SendAsync(request, Token);

        Assert.Equal(status, response.StatusCode);
        if (status == HttpStatusCode.OK)
        {
            return;
        }
        using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        Assert.Contains(
            $"larger than {GatewayHost.BodyLimit} bytes",
            json.RootElement.GetProperty("error").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Infer_ALengthOverTheLimit_IsRefusedBeforeTheBody()
    {
        using RawConnection connection = await shared.Host.ConnectAsync();

        await connection.SendAsync(
            "POST /v2/models/echo/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n"
        );

        (int status, string headers, byte[] body) = await connection.ReceiveAsync();
        Assert.Equal(413, status);
        Assert.Contains("Connection: close", headers, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("larger than", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        connection.EndSending();
        Assert.True(await connection.IsClosedAsync());
    }

    [Fact]
    public async Task Infer_AClientThatSendsItAllFirst_StillReadsThe413()
    {
        using RawConnection connection = await shared.Host.ConnectAsync();
        await connection.SendAsync(
            "POST /v2/models/echo/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n"
        );

        for (int i = 0; i < 20; i++)
        {
            await connection.SendAsync(new byte[1_000_000]);
        }

        Assert.Equal(413, (await connection.ReceiveAsync()).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Infer_MoreBytesThanMayBeInFlight_Is429AndThenServed(bool chunked)
    {
        await using GatewayHost host = await GatewayHost.StartAsync(
            ("MaxRequestBodyBytes", "100000"),
            ("MaxBytesInFlight", "100000")
        );
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource leave = new(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Dispatcher.Handler = async (request, _) =>
        {
            entered.TrySetResult();
            await leave.Task;
            return host.Dispatcher.Echo(request);
        };
        Task<HttpResponseMessage> first = PostAsync(host, 60_000, chunked);
        await entered.Task.WaitAsync(Token);

        using HttpResponseMessage refused = await PostAsync(host, 60_000, chunked);
        Task<HttpResponseMessage> small = PostAsync(host, 2_000, chunked);
        leave.SetResult();
        using HttpResponseMessage served = await first,
            alsoServed = await small,
            afterwards = await PostAsync(host, 60_000, chunked);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        Assert.Contains(
            "Gateway:MaxBytesInFlight",
            await refused.Content.ReadAsStringAsync(Token),
            StringComparison.Ordinal
        );
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK],
            [served.StatusCode, alsoServed.StatusCode, afterwards.StatusCode]
        );
    }

    [Fact]
    public async Task Infer_ACompressedBody_CountsItsFullSize()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(
            ("MaxRequestBodyBytes", "1000000"),
            ("MaxBytesInFlight", "1000000")
        );
        long counted = 0;
        host.Dispatcher.Handler = (request, _) =>
        {
            counted = host.BytesInFlight.Current;
            return new ValueTask<InferenceAnswer>(host.Dispatcher.Echo(request));
        };
        (byte[] bytes, int header) = BodyOf(500_000);
        using MemoryStream compressed = new();
        await using (
            System.IO.Compression.GZipStream gzip = new(
                compressed,
                System.IO.Compression.CompressionLevel.Fastest,
                leaveOpen: true
            )
        )
        {
            await gzip.WriteAsync(bytes, Token);
        }
        using ByteArrayContent content = InferBody.Content((compressed.ToArray(), header));
        content.Headers.ContentEncoding.Add("gzip");

        using HttpResponseMessage response = await host.Http.PostAsync("/v2/models/echo/infer", content, Token);

        Assert.True(response.IsSuccessStatusCode);
        Assert.InRange(counted, 500_000, 1_000_000);
    }

    /// <summary>A binary request of exactly so many bytes.</summary>
    private static (byte[] Bytes, int HeaderLength) BodyOf(int length)
    {
        int tensor = length;
        while (true)
        {
            (byte[] bytes, int header) body = InferBody.Binary([
                new Sample("x", TensorDatatype.UInt8, [tensor], new byte[tensor]),
            ]);
            if (body.bytes.Length == length)
            {
                return body;
            }
            tensor -= body.bytes.Length - length;
        }
    }

    private static async Task<HttpResponseMessage> PostAsync(GatewayHost host, int length, bool chunked)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v2/models/echo/infer")
        {
            Content = InferBody.Content(BodyOf(length)),
        };
        request.Headers.TransferEncodingChunked = chunked;
        return await host.Http.SendAsync(request, Token);
    }
}
