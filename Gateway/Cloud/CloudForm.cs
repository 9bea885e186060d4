using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Gateway.Cloud;

/// <summary>
/// The protocol's form for platforms that pass on no header but <c>Content-Type</c>: it carries the length of the JSON
/// in front of binary tensors.
/// </summary>
/// <param name="protocol">Reads and writes the rest.</param>
/// <param name="binaryType">The content type up to that length.</param>
internal sealed class CloudForm(ProtocolForm protocol, string binaryType) : IInferForm
{
    /// <summary>Puts the length where the protocol has it.</summary>
    /// <exception cref="InferenceException">The content type has none.</exception>
    public void TakeHeader(HttpContext context)
    {
        string type = context.Request.ContentType ?? "";
        if (!type.Contains(".binary+json", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }
        // A client may put a space behind the semicolon.
        string dense = type.Replace(" ", "", StringComparison.Ordinal);
        bool isOurs = dense.StartsWith(binaryType, StringComparison.OrdinalIgnoreCase);
        string length = isOurs ? dense[binaryType.Length..] : "";
        if (!int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"Content-Type is '{type}'; '{binaryType}NUMBER' is expected, with the bytes of the JSON header"
            );
        }
        context.Request.Headers[InferRequestJson.LengthHeader] = length;
    }

    /// <inheritdoc />
    public ParsedInferRequest Read(in RequestBody body, BodyForm form, string model, string version) =>
        protocol.Read(body, form, model, version);

    /// <inheritdoc />
    public ValueTask WriteAsync(HttpContext context, ParsedInferRequest request, InferenceAnswer response)
    {
        context.Response.OnStarting(
            static state =>
            {
                (HttpResponse answer, string type) = ((HttpResponse, string))state;
                if (answer.Headers.Remove(InferRequestJson.LengthHeader, out var length))
                {
                    answer.ContentType = type + length;
                }
                return Task.CompletedTask;
            },
            (context.Response, binaryType)
        );
        return protocol.WriteAsync(context, request, response);
    }
}
