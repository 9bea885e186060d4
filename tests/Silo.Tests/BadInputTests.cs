using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace OrleansInference.Silo.Tests;

/// <summary>Whatever comes in: a clear error with its code, and the server serves on.</summary>
public sealed class BadInputTests(ServedModels served)
{
    private const string Good = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, int, string> JsonCases =>
        new()
        {
            { "/v2/models/nope/infer", Good, 404, "Request for unknown model: 'nope'" },
            { "/v2/models/mlp/versions/7/infer", Good, 404, "version 7 is not found; ready versions: 1" },
            { "/v2/models/mlp/versions/one/infer", Good, 400, "version 'one'" },
            { "/v2/models/corrupt/infer", Good, 503, "failed to load 'corrupt'" },
            { "/v2/models/badconfig/infer", Good, 503, "config.pbtxt:2:3" },
            {
                "/v2/models/mlp/infer",
                Good.Replace("\"x\"", "\"y\"", StringComparison.Ordinal),
                400,
                "unexpected input 'y'"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("}]}", "}],\"outputs\":[{\"name\":\"z\"}]}", StringComparison.Ordinal),
                400,
                "unexpected inference output 'z'"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("FP32", "INT32", StringComparison.Ordinal),
                400,
                "datatype INT32, expected FP32"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("FP32", "FLOAT", StringComparison.Ordinal),
                400,
                "datatype 'FLOAT'; allowed: BOOL"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("[1,4]", "[4]", StringComparison.Ordinal),
                400,
                "Expected [-1,4], got [4]"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("[1,4]", "[2,4]", StringComparison.Ordinal),
                400,
                "too few for the 8 elements"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("[1,4]", "[1,3]", StringComparison.Ordinal),
                400,
                "more than the 3 elements"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("[1,4]", "[-1,4]", StringComparison.Ordinal),
                400,
                "dimensions must be 0 or more"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("[1,4]", "[9223372036854775807,4]", StringComparison.Ordinal),
                400,
                "exceed maximum size"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("[1,4]", "[99999999999999999999,4]", StringComparison.Ordinal),
                400,
                "no 64-bit integer"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("[1,4]", "[1000000000,1]", StringComparison.Ordinal),
                400,
                "too few for the 1000000000 elements"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("[1,2,3,4]", "[1,2,3,\"4\"]", StringComparison.Ordinal),
                400,
                "element 3 is no FP32"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("[1,2,3,4]", "[1,2,3,1e99]", StringComparison.Ordinal),
                400,
                "element 3 is no FP32"
            },
            { "/v2/models/mlp/infer", Good[..30], 400, "not valid JSON" },
            { "/v2/models/mlp/infer", "", 400, "is empty" },
            { "/v2/models/mlp/infer", "[]", 400, "must be a JSON object" },
            { "/v2/models/mlp/infer", "{}", 400, "no 'inputs'" },
            { "/v2/models/mlp/infer", new string('[', 100_000), 400, "must be a JSON object" },
            {
                "/v2/models/mlp/infer",
                Good.Replace("[1,2,3,4]", new string('[', 100_000), StringComparison.Ordinal),
                400,
                "nesting depth exceeds"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("\"inputs\"", "\"parameters\":{\"timeout\":-1},\"inputs\"", StringComparison.Ordinal),
                400,
                "parameter 'timeout' is -1"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("\"inputs\"", "\"parameters\":{\"timeout\":1},\"inputs\"", StringComparison.Ordinal),
                504,
                "deadline"
            },
            {
                "/v2/models/mlp/infer",
                Good.Replace("\"inputs\"", "\"parameters\":{\"sequence_id\":-5},\"inputs\"", StringComparison.Ordinal),
                400,
                "sequence_id"
            },
            { "/v2/nothing", Good, 404, "there is no POST /v2/nothing" },
        };

    [Theory]
    [MemberData(nameof(JsonCases))]
    public async Task Infer_BadJson_IsNamedWithItsCode(string url, string body, int status, string expected)
    {
        using StringContent content = new(body);
        await AssertRefusedAsync(url, content, status, expected);
    }

    [Theory]
    [InlineData("99999", 400, "has only")]
    [InlineData("-5", 400, "the number of bytes of the JSON header is expected")]
    [InlineData("many", 400, "the number of bytes of the JSON header is expected")]
    [InlineData("20", 400, "not valid JSON")]
    [InlineData("0", 400, "the raw input 'x' has")]
    public async Task Infer_ALyingHeaderLength_IsNamed(string length, int status, string expected)
    {
        using ByteArrayContent content = Binary(16, 16);
        content.Headers.Remove("Inference-Header-Content-Length");
        content.Headers.TryAddWithoutValidation("Inference-Header-Content-Length", length);
        await AssertRefusedAsync("/v2/models/mlp/infer", content, status, expected);
    }

    [Theory]
    [InlineData(16, 12, "add up to 16 bytes, 12 bytes follow")]
    [InlineData(12, 12, "Expected 16, got 12: its shape [1,4] of FP32 asks for 16 bytes")]
    [InlineData(16, 20, "add up to 16 bytes, 20 bytes follow")]
    [InlineData(-1, 16, "'binary_data_size' must be")]
    public async Task Infer_TruncatedBinary_IsNamed(int claimed, int sent, string expected)
    {
        using ByteArrayContent content = Binary(claimed, sent);
        await AssertRefusedAsync("/v2/models/mlp/infer", content, 400, expected);
    }

    [Fact]
    public async Task Infer_NotUtf8_IsNamed()
    {
        using ByteArrayContent content = new([
            .. "{\"inputs\":[{\"name\":\""u8,
            0xC3,
            0x28,
            .. "\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}"u8,
        ]);
        await AssertRefusedAsync("/v2/models/mlp/infer", content, 400, "UTF-8");
    }

    [Fact]
    public async Task Infer_AnElementThatClaimsMoreThanThereIs_IsNamed()
    {
        byte[] header = Encoding.UTF8.GetBytes(
            """{"inputs":[{"name":"x","shape":[1,2],"datatype":"BYTES","parameters":{"binary_data_size":9}}]}"""
        );
        using ByteArrayContent content = new([.. header, 1, 0, 0, 0, 65, 255, 255, 255, 255]);
        content.Headers.Add("Inference-Header-Content-Length", $"{header.Length}");
        await AssertRefusedAsync("/v2/models/strings/infer", content, 400, "reaches past the end");
    }

    [Fact]
    public async Task Infer_AGzipBomb_Is413()
    {
        using MemoryStream bomb = new();
        await using (GZipStream gzip = new(bomb, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 200; i++)
            {
                await gzip.WriteAsync(zeros, Token);
            }
        }

        using ByteArrayContent content = new(bomb.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        await AssertRefusedAsync("/v2/models/mlp/infer", content, 413, "larger than 67108864 bytes");
    }

    [Theory]
    [InlineData("gzip", 400, "corrupt")]
    [InlineData("br", 400, "allowed: gzip, deflate")]
    public async Task Infer_AnEncodingThatCannotBeRead_IsNamed(string encoding, int status, string expected)
    {
        using StringContent content = new(Good);
        content.Headers.ContentEncoding.Add(encoding);
        await AssertRefusedAsync("/v2/models/mlp/infer", content, status, expected);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Infer_ABodyOverTheLimit_Is413(bool chunked)
    {
        // On a raw connection: an answer before the body has ended must arrive all the same.
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, served.Silo.HttpPort, Token);
        NetworkStream stream = client.GetStream();
        string framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 100000000";
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"POST /v2/models/mlp/infer HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n"),
            Token
        );
        Task write = WriteBodyAsync(stream, chunked);

        byte[] answer = new byte[4096];
        int read = await stream.ReadAsync(answer, Token);

        string text = Encoding.ASCII.GetString(answer, 0, read);
        Assert.StartsWith("HTTP/1.1 413", text, StringComparison.Ordinal);
        Assert.Contains("larger than 67108864 bytes", text, StringComparison.Ordinal);
        client.Close();
        await write;
        await AssertServesOnAsync();
    }

    [Fact]
    public async Task Infer_Compressed_BothWays_Works()
    {
        using HttpClient client = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None })
        {
            BaseAddress = served.Silo.Http.BaseAddress,
        };
        using MemoryStream body = new();
        await using (ZLibStream deflate = new(body, CompressionLevel.Fastest, leaveOpen: true))
        {
            await deflate.WriteAsync(Encoding.UTF8.GetBytes(Good), Token);
        }
        using HttpRequestMessage request = new(HttpMethod.Post, "/v2/models/mlp/infer")
        {
            Content = new ByteArrayContent(body.ToArray()),
        };
        request.Content.Headers.ContentEncoding.Add("deflate");
        request.Headers.AcceptEncoding.ParseAdd("gzip");

        using HttpResponseMessage response = await client.SendAsync(request, Token);

        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        await using GZipStream gunzip = new(
            await response.Content.ReadAsStreamAsync(Token),
            CompressionMode.Decompress
        );
        using JsonDocument json = await JsonDocument.ParseAsync(gunzip, cancellationToken: Token);
        Assert.Equal("y", json.RootElement.GetProperty("outputs")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task Connections_TenThousand_TheRestIsToldAndTheServerServesOn()
    {
        // Both sides hold a descriptor each, in two processes.
        const int Many = 10_000;
        List<Socket> sockets = [];
        try
        {
            int refused = 0;
            for (int i = 0; i < Many; i++)
            {
                Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, served.Silo.HttpPort, Token);
            }

            byte[] answer = new byte[1024];
            foreach (Socket socket in sockets.TakeLast(100))
            {
                int read = await socket.ReceiveAsync(answer, Token);
                string text = Encoding.ASCII.GetString(answer, 0, read);
                Assert.StartsWith("HTTP/1.1 503", text, StringComparison.Ordinal);
                Assert.Contains("Gateway:MaxConnections", text, StringComparison.Ordinal);
                refused++;
            }

            Assert.Equal(100, refused);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.TooManyOpenSockets)
        {
            Assert.Skip($"this machine allows too few open files for {Many} connections: {exception.Message}");
        }
        finally
        {
            foreach (Socket socket in sockets)
            {
                socket.Dispose();
            }
        }

        await AssertServesOnAsync();
    }

    private static async Task WriteBodyAsync(NetworkStream stream, bool chunked)
    {
        byte[] block = [.. Encoding.ASCII.GetBytes("100000\r\n"), .. new byte[1 << 20], .. "\r\n"u8];
        try
        {
            for (int i = 0; i < 80; i++)
            {
                await stream.WriteAsync(chunked ? block : block.AsMemory(8, 1 << 20), Token);
            }
        }
        catch (IOException)
        {
            // The server has closed its side, as it should.
        }
        catch (ObjectDisposedException) { }
    }

    private static ByteArrayContent Binary(int claimed, int sent)
    {
        byte[] header = Encoding.UTF8.GetBytes(
            $$$"""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":{{{claimed}}}}}]}"""
        );
        ByteArrayContent content = new([.. header, .. new byte[sent]]);
        content.Headers.Add("Inference-Header-Content-Length", $"{header.Length}");
        return content;
    }

    private async Task AssertRefusedAsync(string url, HttpContent content, int status, string expected)
    {
        using HttpResponseMessage response = await served.Silo.Http.PostAsync(url, content, Token);
        string body = await response.Content.ReadAsStringAsync(Token);

        Assert.True(status == (int)response.StatusCode, $"{response.StatusCode}: {body}");
        using JsonDocument json = JsonDocument.Parse(body);
        Assert.Contains(expected, json.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
        await AssertServesOnAsync();
    }

    private async Task AssertServesOnAsync()
    {
        // A connection that has just been closed still counts for a moment.
        for (int attempt = 0; ; attempt++)
        {
            using StringContent content = new(Good);
            using HttpResponseMessage response = await served.Silo.Http.PostAsync(
                "/v2/models/mlp/infer",
                content,
                Token
            );
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable && attempt < 100)
            {
                await Task.Delay(100, Token);
                continue;
            }

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return;
        }
    }
}
