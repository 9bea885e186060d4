using System.Text;
using System.Text.Json;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Inference;

/// <summary>Whatever comes in: an error with its code that names what was wrong, and the server serves on.</summary>
public sealed class BadRequestTests(SharedHost shared)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, int, string> JsonCases =>
        new()
        {
            { "", 400, "is empty" },
            { "[]", 400, "must be a JSON object" },
            { "5", 400, "must be a JSON object" },
            { "{", 400, "not valid JSON" },
            { "{}", 400, "no 'inputs'" },
            { InferBody.Good + "x", 400, "not valid JSON" },
            { InferBody.Good[..40], 400, "not valid JSON" },
            { "{\"inputs\":[]}", 400, "no 'inputs'" },
            { "{\"inputs\":{}}", 400, "'inputs' must be an array" },
            { "{\"inputs\":[1]}", 400, "inputs[0] must be an object" },
            { "{\"inputs\":[{\"shape\":[1],\"datatype\":\"INT8\",\"data\":[1]}]}", 400, "inputs[0] has no 'name'" },
            {
                "{\"inputs\":[{\"name\":\"pixels\",\"datatype\":\"INT8\",\"data\":[1]}]}",
                400,
                "'pixels' has no 'shape'"
            },
            { "{\"inputs\":[{\"name\":\"pixels\",\"shape\":[1],\"data\":[1]}]}", 400, "'pixels' has no 'datatype'" },
            {
                "{\"inputs\":[{\"name\":\"pixels\",\"shape\":[1],\"datatype\":\"INT8\"}]}",
                400,
                "'pixels' has neither 'data' nor"
            },
            { "{\"inputs\":[{\"name\":3}]}", 400, "'name' must be a string" },
            {
                "{\"inputs\":[" + string.Join(',', Enumerable.Repeat("{\"name\":\"a\"}", 5000)) + "]}",
                400,
                "more than 1024 inputs"
            },
            {
                InferBody.Good.Replace(
                    "]}]}",
                    "]}],\"outputs\":["
                        + string.Join(',', Enumerable.Range(0, 5000).Select(i => $"{{\"name\":\"{i}\"}}"))
                        + "]}",
                    StringComparison.Ordinal
                ),
                400,
                "more than 1024 outputs"
            },
            { new string('[', 100_000), 400, "must be a JSON object" },
            { "{\"a\":" + new string('[', 100_000), 400, "nesting depth" },
            { InferBody.Input("[1]", "INT8", new string('[', 100_000)), 400, "nesting depth" },
            { InferBody.Input("[1]", "INT8", new string('[', 120) + "1" + new string(']', 120)), 400, "depth" },
            { InferBody.Input("[1]", "FLOAT", "[1]"), 400, "datatype 'FLOAT'; allowed: BOOL" },
            { InferBody.Input("[2]", "INT8", "[1]"), 400, "'pixels' has 1 elements" },
            { InferBody.Input("[1]", "INT8", "[1,2]"), 400, "'pixels' has more than the 1 elements" },
            { InferBody.Input("[-1,2]", "INT8", "[1]"), 400, "'pixels' has shape [-1,2]" },
            { InferBody.Input("[9223372036854775807,2]", "INT8", "[1]"), 400, "'pixels' has shape" },
            { InferBody.Input("[9223372036854775807,2,0]", "INT8", "[]"), 400, "'pixels' has shape" },
            { InferBody.Input("[99999999999999999999]", "INT8", "[1]"), 400, "no 64-bit integer" },
            { InferBody.Input("[1.5]", "INT8", "[1]"), 400, "no 64-bit integer" },
            { InferBody.Input("5", "INT8", "[1]"), 400, "array of numbers as 'shape'" },
            {
                InferBody.Input("[" + string.Join(',', Enumerable.Repeat("1", 33)) + "]", "INT8", "[1]"),
                400,
                "more than 32 dimensions"
            },
            { InferBody.Input("[1000000000]", "FP64", "[1]"), 400, "too few for the 1000000000 elements" },
            {
                InferBody.Input("[4611686018427387904]", "BYTES", "[\"a\"]"),
                400,
                "too few for the 4611686018427387904 elements"
            },
            { InferBody.Input("[1]", "UINT8", "[256]"), 400, "'pixels': element 0 is no UINT8" },
            { InferBody.Input("[2]", "INT64", "[1,9223372036854775808]"), 400, "'pixels': element 1 is no INT64" },
            { InferBody.Input("[1]", "FP32", "[1e39]"), 400, "'pixels': element 0 is no FP32" },
            { InferBody.Input("[1]", "FP64", "[1e309]"), 400, "'pixels': element 0 is no FP64" },
            { InferBody.Input("[1]", "FP32", "[\"1\"]"), 400, "'pixels': element 0 is no FP32" },
            { InferBody.Input("[1]", "INT32", "[1.5]"), 400, "'pixels': element 0 is no INT32" },
            { InferBody.Input("[1]", "BOOL", "[2]"), 400, "'pixels': element 0 is no BOOL" },
            { InferBody.Input("[1]", "BYTES", "[1]"), 400, "'pixels': element 0 is no BYTES" },
            { InferBody.Input("[1]", "BYTES", "[\"\\ud800\"]"), 400, "UTF-8" },
            { InferBody.Input("[1]", "INT8", "[{\"a\":1}]"), 400, "'pixels': element 0 is no INT8" },
            { InferBody.Input("[1]", "INT8", "[null]"), 400, "'pixels': element 0 is no INT8" },
            { InferBody.Input("[1]", "FP16", "[1e6]"), 400, "'pixels': element 0 is no FP16" },
            {
                InferBody.Input("[2,3]", "FP32", "[[1,2],[3,4],[5,6]]"),
                400,
                "'pixels' has data nested as [3,2], its shape is [2,3]"
            },
            { InferBody.Input("[2,3]", "FP32", "[[1,2,3],[4,5]]"), 400, "'pixels' has data nested as ragged arrays" },
            { InferBody.Input("[2]", "FP32", "[1,NaN]"), 400, "data of input 'pixels': JSON has no NaN" },
            {
                InferBody.Input("[2]", "FP32", "[1,\n-Infinity]"),
                400,
                "data of input 'pixels': JSON has no -Infinity (line 2, byte 2)"
            },
            {
                InferBody.Input("[1]", "FP32", "[Infinity]"),
                400,
                "as the text \"NaN\", \"Infinity\" or \"-Infinity\", or send the tensor as binary"
            },
            { "{\"inputs\":[{\"data\":[nan],\"name\":\"x\"}]}", 400, "data of inputs[0]: JSON has no nan" },
            { "{\"parameters\":{\"a\":NaN}," + InferBody.Good[1..], 400, "JSON has no NaN" },
            {
                InferBody.Input("[1]", "FP32", "[None]"),
                400,
                "data of input 'pixels': 'N' is an invalid start of a value"
            },
            {
                "{\"outputs\":[{\"name\":\"x\"},{\"name\":\"x\"}]," + InferBody.Good[1..],
                400,
                "output 'x' already exists in request"
            },
            { "{\"outputs\":[{}]," + InferBody.Good[1..], 400, "outputs[0] has no 'name'" },
            {
                "{\"outputs\":[{\"name\":\"x\",\"parameters\":{\"classification\":-1}}]," + InferBody.Good[1..],
                400,
                "'classification' must be a number of classes"
            },
            {
                "{\"outputs\":[{\"name\":\"x\",\"parameters\":{\"binary_data\":1}}]," + InferBody.Good[1..],
                400,
                "'binary_data' must be true or false"
            },
            { "{\"parameters\":{\"sequence_id\":-5}," + InferBody.Good[1..], 400, "'sequence_id' is -5; allowed" },
            { "{\"parameters\":{\"sequence_id\":18446744073709551616}," + InferBody.Good[1..], 400, "sequence_id" },
            {
                "{\"parameters\":{\"sequence_start\":1}," + InferBody.Good[1..],
                400,
                "'sequence_start' is 1; allowed: true or false"
            },
            { "{\"parameters\":{\"timeout\":-1}," + InferBody.Good[1..], 400, "'timeout' is -1" },
            { "{\"parameters\":{\"priority\":\"high\"}," + InferBody.Good[1..], 400, "'priority'" },
            { "{\"parameters\":{\"priority\":true}," + InferBody.Good[1..], 400, "'priority'" },
            { "{\"parameters\":{\"binary_data_output\":1}," + InferBody.Good[1..], 400, "'binary_data_output'" },
            {
                "{\"inputs\":[{\"name\":\"x\",\"parameters\":{\"binary_data_size\":-1}}]}",
                400,
                "'binary_data_size' must be"
            },
            {
                "{\"inputs\":[{\"name\":\"x\",\"parameters\":{\"binary_data_size\":\"4\"}}]}",
                400,
                "'binary_data_size' must be"
            },
            {
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[4],\"datatype\":\"INT8\",\"parameters\":{\"binary_data_size\":4}}]}",
                400,
                "add up to 4 bytes, 0 bytes follow"
            },
            {
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[4],\"datatype\":\"INT8\",\"parameters\":{\"shared_memory_region\":\"r\"}}]}",
                501,
                "shared memory"
            },
        };

    [Theory]
    [MemberData(nameof(JsonCases))]
    public async Task Infer_BadJson_IsNamedWithItsCode(string body, int status, string expected)
    {
        using StringContent content = new(body);
        await AssertRefusedAsync(content, status, expected);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("data")]
    [InlineData("id")]
    public async Task Infer_NotUtf8_IsNamed(string where)
    {
        string json = """{"id":"@id","inputs":[{"name":"@name","shape":[1],"datatype":"BYTES","data":["@data"]}]}""";
        byte[] body = Encoding.Latin1.GetBytes(json.Replace("@" + where, "\u00C3\u0028", StringComparison.Ordinal));
        using ByteArrayContent content = new(body);
        await AssertRefusedAsync(content, 400, "UTF-8");
    }

    [Theory]
    [InlineData("999999", 400, "has only")]
    [InlineData("9999999999999", 400, "bytes of the JSON header is expected")]
    [InlineData("-5", 400, "bytes of the JSON header is expected")]
    [InlineData("many", 400, "bytes of the JSON header is expected")]
    [InlineData("20", 400, "not valid JSON")]
    [InlineData("0", 400, "do not fit shape [-1,4] of FP32")]
    public async Task Infer_ALyingHeaderLength_IsNamed(string length, int status, string expected)
    {
        using ByteArrayContent content = InferBody.Content(
            InferBody.Binary([new Sample("x", TensorDatatype.UInt8, [4], [1, 2, 3, 4])])
        );
        content.Headers.Remove("Inference-Header-Content-Length");
        content.Headers.TryAddWithoutValidation("Inference-Header-Content-Length", length);
        await AssertRefusedAsync(content, status, expected);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Infer_ABodyOfOtherLengthThanItsTensors_IsNamed(int difference)
    {
        (byte[] bytes, int header) = InferBody.Binary([new Sample("x", TensorDatatype.UInt8, [4], [1, 2, 3, 4])]);
        using ByteArrayContent content = InferBody.Content((difference < 0 ? bytes[..^1] : [.. bytes, 0], header));
        await AssertRefusedAsync(content, 400, $"add up to 4 bytes, {4 + difference} bytes follow");
    }

    private async Task AssertRefusedAsync(HttpContent content, int status, string expected)
    {
        using HttpResponseMessage response = await shared.Host.Http.PostAsync("/v2/models/echo/infer", content, Token);
        string body = await response.Content.ReadAsStringAsync(Token);

        Assert.True(status == (int)response.StatusCode, $"{response.StatusCode}: {body}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        using JsonDocument json = JsonDocument.Parse(body);
        Assert.Contains(expected, json.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
        using StringContent good = new(InferBody.Good);
        using HttpResponseMessage next = await shared.Host.Http.PostAsync("/v2/models/echo/infer", good, Token);
        Assert.True(next.IsSuccessStatusCode);
    }
}
