using System.Buffers;
using System.Globalization;

namespace OrleansInference.AspNetBaseline;

/// <summary>
/// POST /echo/{header}/{bytes} reads a body and answers as an infer request of that many bytes, zeros, would be, the
/// first of them its JSON part. It does nothing else: what HTTP alone costs on this machine.
/// </summary>
internal static class EchoEndpoint
{
    public const string Route = "/echo/{header:int}/{bytes:int}";

    private static readonly byte[] Zeros = new byte[1 << 20];

    public static async Task HandleAsync(HttpContext context)
    {
        var header = (string)context.Request.RouteValues["header"]!;
        var bytes = int.Parse((string)context.Request.RouteValues["bytes"]!, CultureInfo.InvariantCulture);
        var response = context.Response;
        if (bytes < 0 || bytes > Zeros.Length)
        {
            response.StatusCode = 400;
            await response.WriteAsync($"an echo has 0 to {Zeros.Length} bytes, not {bytes}");
            return;
        }

        var reader = context.Request.BodyReader;
        var result = await reader.ReadAsync();
        while (!result.IsCompleted)
        {
            reader.AdvanceTo(result.Buffer.End);
            result = await reader.ReadAsync();
        }
        reader.AdvanceTo(result.Buffer.End);

        response.ContentType = "application/octet-stream";
        response.ContentLength = bytes;
        response.Headers["Inference-Header-Content-Length"] = header;
        response.BodyWriter.Write(Zeros.AsSpan(0, bytes));
    }
}
