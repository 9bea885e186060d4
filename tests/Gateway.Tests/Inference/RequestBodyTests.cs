using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Inference;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Inference;

public sealed class RequestBodyTests
{
    private readonly BytesInFlight _bytesInFlight = new(
        Options.Create(new GatewayOptions { MaxBytesInFlight = 100_000 })
    );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        """{"inputs":[{"name":"a","shape":[2],"datatype":"UINT8","parameters":{"binary_data_size":2}},{"name":"b","shape":[-1],"datatype":"UINT8","parameters":{"binary_data_size":2}}]}"""
    )]
    [InlineData(
        """{"inputs":[{"name":"a","shape":[4],"datatype":"UINT8","parameters":{"binary_data_size":4}},{"name":"b","shape":[1],"datatype":"UINT8","data":[256]}]}"""
    )]
    [InlineData("""{"inputs":[{"name":"a","shape":[4],"datatype":"UINT8","parameters":{"binary_data_size":3}}]}""")]
    [InlineData("""{"inputs":[""")]
    public async Task Read_ARefusedRequest_ReleasesTheBuffer(string header)
    {
        RequestBody body = await ReadAsync(
            [.. Encoding.UTF8.GetBytes(header), 1, 2, 3, 4],
            header.Length,
            knownLength: true
        );

        Assert.Throws<InferenceException>(() => InferRequestReader.Read(body));

        body.Dispose();
        Assert.Throws<ObjectDisposedException>(() => body.Buffer.Memory);
    }

    [Fact]
    public async Task Read_AServedRequest_ReleasesTheBufferWithItsLastTensor()
    {
        (byte[] bytes, int header) = InferBody.Binary([
            new Sample("a", TensorDatatype.UInt8, [1], [1]),
            new Sample("b", TensorDatatype.UInt8, [1], [2]),
        ]);
        RequestBody body = await ReadAsync(bytes, header, knownLength: true);
        ParsedInferRequest request = InferRequestReader.Read(body);
        body.Dispose();

        request.Inputs[0].Dispose();
        Assert.Equal([2], request.Inputs[1].Data.ToArray());
        request.Inputs[1].Dispose();

        Assert.Throws<ObjectDisposedException>(() => body.Buffer.Memory);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadAsync_EachLengthAndHeader_KeepsTheBytesAndCountsAtLeastThem(bool knownLength)
    {
        Random random = new(6);
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = new byte[random.Next(1, 20_000)];
            random.NextBytes(bytes);
            int header = random.Next(1, bytes.Length + 1);

            using RequestBody body = await ReadAsync(bytes, header, knownLength, chunk: random.Next(1, 5000));

            Assert.True(bytes.AsSpan(0, header).SequenceEqual(body.Json));
            Assert.True(bytes.AsSpan(header).SequenceEqual(body.Buffer.Span.Slice(body.DataStart, body.DataLength)));
            Assert.Equal(0, body.DataStart % 8);
            Assert.Equal(_bytesInFlight.Current, body.Reserved);
            if (knownLength)
            {
                Assert.Equal(bytes.Length, body.Reserved);
            }
            else
            {
                Assert.InRange(body.Reserved, bytes.Length, Math.Max(4096, 2 * bytes.Length));
            }
            _bytesInFlight.Remove(body.Reserved);
        }
    }

    [Theory]
    [InlineData(60_000, 50_000, InferenceError.PayloadTooLarge)]
    [InlineData(60_000, 200_000, InferenceError.ResourceExhausted)]
    public async Task ReadAsync_ARefusedBody_IsCountedOut(int length, int limit, InferenceError expected)
    {
        _bytesInFlight.Add(50_000);

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            ReadAsync(new byte[length], 1, knownLength: false, limit: limit)
        );

        Assert.Equal(expected, exception.Error);
        Assert.Equal(50_000, _bytesInFlight.Current);
    }

    private async Task<RequestBody> ReadAsync(
        byte[] bytes,
        int headerLength,
        bool knownLength,
        int chunk = 4096,
        int limit = 1 << 20
    )
    {
        DefaultHttpContext context = new();
        context.Request.Body = new ChunkedBody(bytes, chunk);
        if (knownLength)
        {
            context.Request.ContentLength = bytes.Length;
        }
        return await RequestBody.ReadAsync(
            context.Request,
            BodyForm.JsonThenBinary(headerLength),
            limit,
            _bytesInFlight,
            Token
        );
    }
}
