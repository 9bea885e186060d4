using System.Net.Http.Headers;
using System.Text;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>Bodies of inference requests.</summary>
internal static class InferBody
{
    /// <summary>A good JSON request to the model <c>echo</c>.</summary>
    public const string Good = """{"inputs":[{"name":"x","shape":[4],"datatype":"FP32","data":[1,2,3,4]}]}""";

    private const string BinaryOutput = ",\"parameters\":{\"binary_data_output\":true}";

    /// <summary>A JSON request with one input.</summary>
    public static string Input(string shape, string datatype, string data) =>
        $$"""{"inputs":[{"name":"pixels","shape":{{shape}},"datatype":"{{datatype}}","data":{{data}}}]}""";

    /// <summary>The bytes of a binary request, and how many of them are JSON.</summary>
    public static (byte[] Bytes, int HeaderLength) Binary(IEnumerable<Sample> inputs, string more = BinaryOutput)
    {
        Sample[] samples = [.. inputs];
        string header = $$"""{"id":"7","inputs":[{{string.Join(',', samples.Select(Describe))}}]{{more}}}""";
        byte[] json = Encoding.UTF8.GetBytes(header);
        return ([.. json, .. samples.SelectMany(sample => sample.Bytes)], json.Length);
    }

    /// <summary>HTTP content of a binary request.</summary>
    public static ByteArrayContent Content((byte[] Bytes, int HeaderLength) body)
    {
        ByteArrayContent content = new(body.Bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.Add("Inference-Header-Content-Length", $"{body.HeaderLength}");
        return content;
    }

    /// <summary>A whole HTTP/1.1 request with a binary body.</summary>
    public static byte[] RawRequest((byte[] Bytes, int HeaderLength) body, string model = "echo") =>
        [
            .. Encoding.ASCII.GetBytes(
                $"POST /v2/models/{model}/infer HTTP/1.1\r\nHost: a\r\nInference-Header-Content-Length: "
                    + $"{body.HeaderLength}\r\nContent-Length: {body.Bytes.Length}\r\n\r\n"
            ),
            .. body.Bytes,
        ];

    private static string Describe(Sample sample) =>
        $$$"""{"name":"{{{sample.Name}}}","shape":{{{sample.ShapeJson}}},"datatype":"{{{sample.WireName}}}","parameters":{"binary_data_size":{{{sample.Bytes.Length}}}}}""";
}
