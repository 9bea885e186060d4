using System.IO.Compression;
using System.Net;
using System.Text.Json;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Inference;

public sealed class CompressionTests(SharedHost shared)
{
    private static readonly Sample Input = new(
        "x",
        TensorDatatype.Fp32,
        [50, 100],
        [.. Enumerable.Range(0, 5000).SelectMany(i => BitConverter.GetBytes((float)i))]
    );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("deflate", "deflate")]
    [InlineData("x-gzip", "gzip, deflate")]
    [InlineData("GZIP", "gzip;q=0, deflate;q=0.5")]
    [InlineData("identity", "gzip;q=0")]
    [InlineData("", "br, identity")]
    public async Task Infer_CompressedBothWays_ReturnsTheBytes(string encoding, string accepted)
    {
        (byte[] bytes, int header) = InferBody.Binary([Input]);
        using HttpRequestMessage request = new(HttpMethod.Post, "/v2/models/echo/infer")
        {
            Content = InferBody.Content((Compress(encoding, bytes), header)),
        };
        if (encoding.Length > 0)
        {
            request.Content.Headers.ContentEncoding.Add(encoding);
        }
        request.Headers.AcceptEncoding.ParseAdd(accepted);

        using HttpResponseMessage response = await shared.Host.Http.SendAsync(request, Token);

        byte[] body = await response.Content.ReadAsByteArrayAsync(Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);
        string expected =
            accepted.StartsWith("gzip;q=0, d", StringComparison.Ordinal) ? "deflate"
            : accepted.Contains("q=0", StringComparison.Ordinal) || accepted.StartsWith("br", StringComparison.Ordinal)
                ? ""
            : accepted.Split(',')[0];
        Assert.Equal(expected, string.Join(',', response.Content.Headers.ContentEncoding));
        byte[] plain = Decompress(expected, body);
        Assert.Equal(
            Input.Bytes,
            plain[int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single())..]
        );
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Infer_ABomb_Is413(string encoding)
    {
        byte[] bomb = Compress(encoding, new byte[64 << 20]);
        Assert.InRange(bomb.Length, 1, GatewayHost.BodyLimit);
        await AssertRefusedAsync(
            bomb,
            encoding,
            HttpStatusCode.RequestEntityTooLarge,
            $"larger than {GatewayHost.BodyLimit} bytes"
        );
    }

    [Theory]
    [InlineData("gzip", 400, "corrupt")]
    [InlineData("deflate", 400, "corrupt")]
    [InlineData("br", 400, "allowed: gzip, deflate")]
    [InlineData("gzip, gzip", 400, "allowed: gzip, deflate")]
    public async Task Infer_AnEncodingThatCannotBeRead_IsNamed(string encoding, int status, string expected) =>
        await AssertRefusedAsync("not compressed at all"u8.ToArray(), encoding, (HttpStatusCode)status, expected);

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Infer_CutOffCompression_Is400(string encoding)
    {
        byte[] bytes = Compress(encoding, System.Text.Encoding.UTF8.GetBytes(InferBody.Good));
        for (int length = 0; length < bytes.Length - 16; length++)
        {
            await AssertRefusedAsync(bytes[..length], encoding, HttpStatusCode.BadRequest, "");
        }
    }

    [Fact]
    public async Task Infer_BytesThatFlipInACompressedBody_NeverFailTheServer()
    {
        byte[] good = Compress("gzip", System.Text.Encoding.UTF8.GetBytes(InferBody.Good));
        Random random = new(5);
        for (int i = 0; i < 200; i++)
        {
            byte[] broken = [.. good];
            broken[random.Next(broken.Length)] ^= (byte)(1 << random.Next(8));
            using ByteArrayContent content = new(broken);
            content.Headers.ContentEncoding.Add("gzip");
            using HttpResponseMessage response = await shared.Host.Http.PostAsync(
                "/v2/models/echo/infer",
                content,
                Token
            );
            Assert.InRange((int)response.StatusCode, 200, 499);
        }
    }

    private static byte[] Compress(string encoding, byte[] bytes)
    {
        using MemoryStream compressed = new();
        using (
            Stream stream = encoding.ToLowerInvariant() switch
            {
                "gzip" or "x-gzip" => new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
                "deflate" => new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
                _ => compressed,
            }
        )
        {
            stream.Write(bytes);
        }
        return compressed.ToArray();
    }

    private static byte[] Decompress(string encoding, byte[] bytes)
    {
        using Stream stream = encoding switch
        {
            "gzip" => new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress),
            "deflate" => new ZLibStream(new MemoryStream(bytes), CompressionMode.Decompress),
            _ => new MemoryStream(bytes),
        };
        using MemoryStream plain = new();
        stream.CopyTo(plain);
        return plain.ToArray();
    }

    private async Task AssertRefusedAsync(byte[] body, string encoding, HttpStatusCode status, string expected)
    {
        using ByteArrayContent content = new(body);
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);

        using HttpResponseMessage response = await shared.Host.Http.PostAsync("/v2/models/echo/infer", content, Token);

        string text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(status == response.StatusCode, $"{response.StatusCode}: {text}");
        using JsonDocument json = JsonDocument.Parse(text);
        Assert.Contains(expected, json.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }
}
