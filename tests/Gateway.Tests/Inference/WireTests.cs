using System.Text;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Inference;

/// <summary>What only a raw connection can do.</summary>
public sealed class WireTests(SharedHost shared)
{
    private static readonly Sample Input = new(
        "x",
        TensorDatatype.UInt8,
        [3000],
        [.. Enumerable.Range(0, 3000).Select(i => (byte)(i * 7))]
    );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Infer_ByteByByte_IsServed()
    {
        using RawConnection connection = await shared.Host.ConnectAsync();

        await connection.SendByteByByteAsync(InferBody.RawRequest(InferBody.Binary([Input])));

        (int status, _, byte[] body) = await connection.ReceiveAsync();
        Assert.Equal(200, status);
        Assert.Equal(Input.Bytes, body[^3000..]);
    }

    [Fact]
    public async Task Infer_Chunked_IsServed()
    {
        (byte[] bytes, int header) = InferBody.Binary([Input]);
        using RawConnection connection = await shared.Host.ConnectAsync();
        await connection.SendAsync(
            $"POST /v2/models/echo/infer HTTP/1.1\r\nHost: a\r\nInference-Header-Content-Length: "
                + $"{header}\r\nTransfer-Encoding: chunked\r\n\r\n"
        );

        foreach (byte[] chunk in bytes.Chunk(613))
        {
            await connection.SendAsync(
                (byte[])[.. Encoding.ASCII.GetBytes($"{chunk.Length:x}\r\n"), .. chunk, .. "\r\n"u8]
            );
        }
        await connection.SendAsync("0\r\n\r\n");

        (int status, _, byte[] body) = await connection.ReceiveAsync();
        Assert.Equal(200, status);
        Assert.Equal(Input.Bytes, body[^3000..]);
    }

    [Fact]
    public async Task Infer_ABrokenChunk_Is400()
    {
        using RawConnection connection = await shared.Host.ConnectAsync();

        await connection.SendAsync(
            "POST /v2/models/echo/infer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
        );

        (int status, _, byte[] body) = await connection.ReceiveAsync();
        Assert.Equal(400, status);
        Assert.Contains("cannot be read", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Infer_Pipelined_AnswersInOrder()
    {
        const int Requests = 20;
        using RawConnection connection = await shared.Host.ConnectAsync();

        for (int i = 0; i < Requests; i++)
        {
            await connection.SendAsync(
                InferBody.RawRequest(InferBody.Binary([new Sample("x", TensorDatatype.UInt8, [1], [(byte)i])]))
            );
        }

        for (int i = 0; i < Requests; i++)
        {
            (int status, _, byte[] body) = await connection.ReceiveAsync();
            Assert.Equal((200, (byte)i), (status, body[^1]));
        }
    }

    [Fact]
    public async Task Infer_AnErrorWithItsBodyUnread_LeavesTheConnectionUsable()
    {
        (byte[] bytes, _) = InferBody.Binary([Input]);
        using RawConnection connection = await shared.Host.ConnectAsync();
        await connection.SendAsync(InferBody.RawRequest((bytes, bytes.Length + 1)));
        await connection.SendAsync(InferBody.RawRequest(InferBody.Binary([Input])));

        Assert.Equal(400, (await connection.ReceiveAsync()).Status);
        Assert.Equal(200, (await connection.ReceiveAsync()).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Content-Encoding: gzip\r\n")]
    public async Task Infer_ABodyThatEndsEarly_IsNotServed(string encoding)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        using RawConnection connection = await host.ConnectAsync();
        await connection.SendAsync(
            $"POST /v2/models/echo/infer HTTP/1.1\r\nHost: a\r\n{encoding}Content-Length: 1000\r\n\r\n" + InferBody.Good
        );

        connection.EndSending();

        // Kestrel answers 400 where it still can; either way the connection ends and nothing is held.
        while (!await connection.IsClosedAsync()) { }

        await host.StopAndCheckAsync();
        Assert.Equal(0, host.Dispatcher.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Infer_TheClientGoesAway_CancelsTheDispatcher(bool reset)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Dispatcher.Handler = async (request, token) =>
        {
            entered.SetResult();
            await using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
            await cancelled.Task;
            request.Dispose();
            return InferenceAnswer.Failure(request, InferenceError.Cancelled, "the client went away");
        };
        RawConnection connection = await host.ConnectAsync();
        await connection.SendAsync(InferBody.RawRequest(InferBody.Binary([Input])));
        await entered.Task.WaitAsync(Token);

        if (reset)
        {
            connection.Reset();
        }
        else
        {
            connection.Dispose();
        }

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        host.Dispatcher.Handler = null;
        using StringContent content = new(InferBody.Good);
        using HttpResponseMessage next = await host.Http.PostAsync("/v2/models/echo/infer", content, Token);
        Assert.True(next.IsSuccessStatusCode);
        await host.StopAndCheckAsync();
    }

    [Fact]
    public async Task Infer_ALargeAnswer_ArrivesWhole()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("MaxRequestBodyBytes", $"{16 << 20}"));
        byte[] bytes = new byte[9_000_001];
        new Random(4).NextBytes(bytes);
        using ByteArrayContent content = InferBody.Content(
            InferBody.Binary([new Sample("x", TensorDatatype.UInt8, [bytes.Length], bytes)])
        );

        using HttpResponseMessage response = await host.Http.PostAsync("/v2/models/echo/infer", content, Token);

        byte[] body = await response.Content.ReadAsByteArrayAsync(Token);
        Assert.True(bytes.AsSpan().SequenceEqual(body.AsSpan(body.Length - bytes.Length)));
        await host.StopAndCheckAsync();
    }

    [Fact]
    public async Task Infer_ManyAtOnce_ReleasesEveryTensor()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        await Parallel.ForAsync(
            0,
            300,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Token },
            async (i, token) =>
            {
                using HttpContent content = (i % 4) switch
                {
                    0 => new StringContent(InferBody.Good),
                    1 => InferBody.Content(InferBody.Binary([Input], "")),
                    2 => new StringContent("{\"inputs\":[{}]}"),
                    _ => InferBody.Content(InferBody.Binary([Input, Input with { Name = "y" }])),
                };
                using HttpResponseMessage response = await host.Http.PostAsync(
                    $"/v2/models/{(i % 5 == 0 ? "Internal" : "echo")}/infer",
                    content,
                    token
                );
            }
        );

        await host.StopAndCheckAsync();
        Assert.Equal(225, host.Dispatcher.Requests);
    }
}
