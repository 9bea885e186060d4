using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Inference;

namespace OrleansInference.Micro;

/// <summary>
/// From the body of an HTTP request to tensors: the numbers as bytes behind the JSON, or as text within it.
/// </summary>
public class ProtocolBenchmarks
{
    private RequestBody _binary;
    private RequestBody _json;

    /// <summary>FP32 numbers of the tensor.</summary>
    [Params(784, 150_528)]
    public int Numbers { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        string head = $$"""{"id":"1","inputs":[{"name":"x","datatype":"FP32","shape":[1,{{Numbers}}],""";
        byte[] binary = Encoding.UTF8.GetBytes(
            $$$"""{{{head}}}"parameters":{"binary_data_size":{{{Numbers * sizeof(float)}}}}}],"parameters":{"binary_data_output":true}}"""
        );
        _binary = await ReadAsync(
            [.. binary, .. new byte[Numbers * sizeof(float)]],
            BodyForm.JsonThenBinary(binary.Length)
        );

        // Numbers as a photograph's have them after normalising: nine digits, some negative.
        Random random = new(1);
        string numbers = string.Join(
            ',',
            Enumerable
                .Range(0, Numbers)
                .Select(_ => ((random.NextSingle() * 4) - 2).ToString("G9", CultureInfo.InvariantCulture))
        );
        _json = await ReadAsync(Encoding.UTF8.GetBytes($$"""{{head}}"data":[{{numbers}}]}]}"""), BodyForm.Json);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _binary.Dispose();
        _json.Dispose();
    }

    [Benchmark]
    public int Binary() => Read(_binary);

    [Benchmark]
    public int Json() => Read(_json);

    private static int Read(in RequestBody body)
    {
        ParsedInferRequest request = InferRequestReader.Read(body);
        int bytes = 0;
        foreach (Tensor tensor in request.Inputs)
        {
            bytes += tensor.ByteLength;
            tensor.Dispose();
        }

        return bytes;
    }

    private static async Task<RequestBody> ReadAsync(byte[] bytes, BodyForm form)
    {
        DefaultHttpContext context = new();
        context.Request.Body = new MemoryStream(bytes);
        context.Request.ContentLength = bytes.Length;
        return await RequestBody.ReadAsync(context.Request, form, int.MaxValue, CancellationToken.None);
    }
}
