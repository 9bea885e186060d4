using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Inference;

/// <summary>Random tensors of each datatype in and out in every form of the HTTP protocol.</summary>
public sealed class RoundTripTests(SharedHost shared)
{
    private const int Rounds = 25;

    private static readonly TensorDatatype[] All =
    [
        .. Enum.GetValues<TensorDatatype>().Where(datatype => datatype != TensorDatatype.None),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Datatypes => [.. All.Select(datatype => datatype.WireName())];

    [Theory]
    [MemberData(nameof(Datatypes))]
    public async Task Infer_BinaryToBinary_ReturnsTheBytes(string wireName)
    {
        Random random = new(1);
        for (int round = 0; round < Rounds; round++)
        {
            // An odd-sized tensor in front shifts the others off their alignment.
            Sample[] inputs =
            [
                Sample.Create(random, TensorDatatype.UInt8, "odd"),
                Sample.Create(random, Parse(wireName), "first"),
                Sample.Create(random, Parse(wireName), "second"),
            ];

            Dictionary<string, byte[]> outputs = await BinaryAsync(InferBody.Content(InferBody.Binary(inputs)));

            Assert.Equal(inputs.Select(input => input.Name), outputs.Keys);
            foreach (Sample input in inputs)
            {
                Assert.Equal(input.Bytes, outputs[input.Name]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Datatypes))]
    public async Task Infer_JsonToJson_ReturnsTheElements(string wireName)
    {
        Random random = new(2);
        for (int round = 0; round < Rounds; round++)
        {
            Sample input = Sample.Create(random, Parse(wireName));
            using StringContent content = new(Json(input, round % 2 == 0, ""));

            using JsonDocument answer = await JsonAsync(content);

            JsonElement output = answer.RootElement.GetProperty("outputs")[0];
            Assert.Equal(
                input.Shape,
                output.GetProperty("shape").EnumerateArray().Select(dimension => dimension.GetInt64())
            );
            Assert.Equal(wireName, output.GetProperty("datatype").GetString());
            Assert.Equal(input.Bytes, Sample.FromJson(input.Datatype, output.GetProperty("data")));
            Assert.False(output.TryGetProperty("parameters", out _));
        }
    }

    [Theory]
    [MemberData(nameof(Datatypes))]
    public async Task Infer_JsonToBinaryAndBack_ReturnsTheBytes(string wireName)
    {
        Random random = new(3);
        for (int round = 0; round < Rounds; round++)
        {
            Sample input = Sample.Create(random, Parse(wireName));
            using StringContent json = new(
                Json(input, nested: true, ""","outputs":[{"name":"x","parameters":{"binary_data":true}}]""")
            );
            using ByteArrayContent binary = InferBody.Content(InferBody.Binary([input], ""));

            Dictionary<string, byte[]> outputs = await BinaryAsync(json);
            using JsonDocument answer = await JsonAsync(binary);

            Assert.Equal(input.Bytes, outputs["x"]);
            Assert.Equal(
                input.Bytes,
                Sample.FromJson(input.Datatype, answer.RootElement.GetProperty("outputs")[0].GetProperty("data"))
            );
        }
    }

    [Fact]
    public async Task Infer_OutputsOwnBinaryData_WinsOverTheRequests()
    {
        Sample[] inputs = [new("a", TensorDatatype.UInt8, [1], [1]), new("b", TensorDatatype.UInt8, [1], [2])];
        using ByteArrayContent content = InferBody.Content(
            InferBody.Binary(
                inputs,
                ""","parameters":{"binary_data_output":true},"outputs":[{"name":"a","parameters":{"binary_data":false}},{"name":"b"}]"""
            )
        );

        using HttpResponseMessage response = await PostAsync(content);

        byte[] body = await response.Content.ReadAsByteArrayAsync(Token);
        using JsonDocument json = JsonDocument.Parse(body.AsMemory(0, HeaderLength(response)));
        Assert.Equal(1, json.RootElement.GetProperty("outputs")[0].GetProperty("data")[0].GetInt32());
        Assert.Equal([2], body[HeaderLength(response)..]);
    }

    [Fact]
    public async Task Infer_JsonAnswer_NamesModelVersionAndIdOnlyIfGiven()
    {
        using StringContent with = new(
            InferBody.Good.Replace("{\"inputs\"", "{\"id\":\"a\\u00e9\",\"inputs\"", StringComparison.Ordinal)
        );
        using StringContent without = new(InferBody.Good);

        using JsonDocument named = await JsonAsync(with);
        using JsonDocument unnamed = await JsonAsync(without);

        Assert.Equal(
            ["model_name", "model_version", "id", "outputs"],
            named.RootElement.EnumerateObject().Select(member => member.Name)
        );
        Assert.Equal(
            ("echo", "3", "aé"),
            (
                named.RootElement.GetProperty("model_name").GetString(),
                named.RootElement.GetProperty("model_version").GetString(),
                named.RootElement.GetProperty("id").GetString()
            )
        );
        Assert.False(unnamed.RootElement.TryGetProperty("id", out _));
    }

    [Fact]
    public async Task Infer_NullMembers_AreAsIfAbsent()
    {
        using StringContent content = new(
            """{"id":null,"parameters":null,"outputs":null,"inputs":[{"name":"x","shape":[1],"datatype":"INT8","parameters":null,"data":[5]}]}"""
        );

        using JsonDocument answer = await JsonAsync(content);

        Assert.Equal(5, answer.RootElement.GetProperty("outputs")[0].GetProperty("data")[0].GetInt32());
    }

    [Fact]
    public async Task Infer_BytesThatAreNoUtf8_AreRefusedInJsonAndWholeInBinary()
    {
        Sample sample = new("x", TensorDatatype.Bytes, [2], [1, 0, 0, 0, 66, 2, 0, 0, 0, 0xFF, 65]);
        using ByteArrayContent json = InferBody.Content(InferBody.Binary([sample], ""));
        using ByteArrayContent binary = InferBody.Content(InferBody.Binary([sample]));

        string refusal = await RefusedAsync(json);
        Dictionary<string, byte[]> outputs = await BinaryAsync(binary);

        Assert.Contains("'x' of datatype BYTES: element 1 is not UTF-8", refusal, StringComparison.Ordinal);
        Assert.Contains("binary_data_output", refusal, StringComparison.Ordinal);
        Assert.Equal(sample.Bytes, outputs["x"]);
        Assert.Equal(0, shared.Host.Dispatcher.Held());
    }

    [Fact]
    public async Task Infer_FractionsNearAFloatsEdge_RoundOnce()
    {
        // Halfway between two floats but for its last digits: rounding to double first would lose them and round down.
        const string Text = "1.00000005960464477539062500000000001";
        using StringContent content = new(
            InferBody.Input("[1]", "FP32", $"[{Text}]").Replace("pixels", "x", StringComparison.Ordinal)
        );

        using JsonDocument answer = await JsonAsync(content);

        Assert.Equal(
            float.Parse(Text, CultureInfo.InvariantCulture),
            answer.RootElement.GetProperty("outputs")[0].GetProperty("data")[0].GetSingle()
        );
    }

    private static TensorDatatype Parse(string wireName) =>
        TensorDatatypes.TryParse(wireName, out TensorDatatype datatype)
            ? datatype
            : throw new ArgumentException(wireName);

    private static string Json(Sample input, bool nested, string more) =>
        $$"""{"unknown":{"a":[1,{"b":null}]},"inputs":[{"data":{{input.DataJson(nested)}},"name":"{{input.Name}}","shape":{{input.ShapeJson}},"datatype":"{{input.WireName}}"}]{{more}}}""";

    private static int HeaderLength(HttpResponseMessage response) =>
        int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single(), CultureInfo.InvariantCulture);

    private Task<HttpResponseMessage> PostAsync(HttpContent content) =>
        shared.Host.Http.PostAsync("/v2/models/echo/infer", content, Token);

    private async Task<Dictionary<string, byte[]>> BinaryAsync(HttpContent content)
    {
        using HttpResponseMessage response = await PostAsync(content);
        byte[] body = await response.Content.ReadAsByteArrayAsync(Token);
        Assert.True(response.IsSuccessStatusCode, Encoding.UTF8.GetString(body));
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);
        int offset = HeaderLength(response);
        using JsonDocument json = JsonDocument.Parse(body.AsMemory(0, offset));
        Dictionary<string, byte[]> outputs = [];
        foreach (JsonElement output in json.RootElement.GetProperty("outputs").EnumerateArray())
        {
            int size = output.GetProperty("parameters").GetProperty("binary_data_size").GetInt32();
            outputs[output.GetProperty("name").GetString()!] = body[offset..(offset + size)];
            offset += size;
        }

        Assert.Equal(body.Length, offset);
        return outputs;
    }

    private async Task<JsonDocument> JsonAsync(HttpContent content)
    {
        using HttpResponseMessage response = await PostAsync(content);
        string body = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(Encoding.UTF8.GetByteCount(body), response.Content.Headers.ContentLength);
        Assert.False(response.Headers.Contains("Inference-Header-Content-Length"));
        return JsonDocument.Parse(body);
    }

    private async Task<string> RefusedAsync(HttpContent content)
    {
        using HttpResponseMessage response = await PostAsync(content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Token);
    }
}
