using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Client.Http;

/// <summary>A request in the protocol's HTTP form.</summary>
internal static class HttpInferRequest
{
    /// <summary>The body: JSON, and with <paramref name="binary"/> the tensors behind it as they are.</summary>
    public static HttpContent Content(InferenceRequest request, bool binary)
    {
        ArrayBufferWriter<byte> json = new();
        InferRequestJson.Write(json, request, binary);
        if (!binary)
        {
            ReadOnlyMemoryContent text = new(json.WrittenMemory);
            text.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            return text;
        }

        TensorContent content = new(json.WrittenMemory, request.Inputs);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.Add(InferRequestJson.LengthHeader, json.WrittenCount.ToString(CultureInfo.InvariantCulture));
        return content;
    }

    /// <summary>JSON and tensors, written to the connection without putting them together first.</summary>
    private sealed class TensorContent(ReadOnlyMemory<byte> json, Tensor[] tensors) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream,
            System.Net.TransportContext? context,
            CancellationToken cancellationToken
        )
        {
            await stream.WriteAsync(json, cancellationToken).ConfigureAwait(false);
            foreach (Tensor tensor in tensors)
            {
                await stream.WriteAsync(tensor.Data, cancellationToken).ConfigureAwait(false);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = json.Length + tensors.Sum(tensor => (long)tensor.ByteLength);
            return true;
        }
    }
}
