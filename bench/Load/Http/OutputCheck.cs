using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OrleansInference.Load.Http;

/// <summary>One exchange whose first output is compared, so that a fast wrong answer is not measured.</summary>
internal static class OutputCheck
{
    public const float Tolerance = 1e-3f;

    /// <summary>Null when the first output is the expected one, else what is wrong.</summary>
    public static string? Problem(HttpConnection connection, byte[] request, ReadOnlySpan<float> expected)
    {
        using var body = new MemoryStream();
        connection.Body = body;
        var head = connection.Exchange(request);
        connection.Body = null;
        var bytes = body.GetBuffer().AsSpan(0, (int)body.Length);
        if (head.Status != 200)
        {
            return $"the server answered {head.Status}: "
                + $"{Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 500)])}";
        }
        if (head.JsonLength <= 0 || head.JsonLength > bytes.Length)
        {
            return "the answer has no Inference-Header-Content-Length: its tensors are not binary";
        }

        var size = FirstOutputBytes(bytes[..head.JsonLength].ToArray());
        return Difference(MemoryMarshal.Cast<byte, float>(bytes.Slice(head.JsonLength, size)), expected);
    }

    /// <summary>Null when all numbers are within the tolerance of those expected, else which is not.</summary>
    public static string? Difference(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        if (actual.Length != expected.Length)
        {
            return $"the first output has {actual.Length} numbers, expected {expected.Length}";
        }
        for (var i = 0; i < actual.Length; i++)
        {
            if (!(Math.Abs(actual[i] - expected[i]) <= Tolerance * Math.Max(1, Math.Abs(expected[i]))))
            {
                return $"the first output differs at {i}: {actual[i]}, expected {expected[i]}";
            }
        }
        return null;
    }

    private static int FirstOutputBytes(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        return document
            .RootElement.GetProperty("outputs")[0]
            .GetProperty("parameters")
            .GetProperty("binary_data_size")
            .GetInt32();
    }
}
