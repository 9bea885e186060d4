using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Limits;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Http;

/// <summary><c>POST /v2/models/{model}[/versions/{version}]/infer</c>.</summary>
internal sealed class InferEndpoint(IInferencePipeline pipeline, BytesInFlight bytesInFlight, IOptions<GatewayOptions> options)
{
    private readonly int _limit = options.Value.MaxRequestBodyBytes;

    /// <summary>Serves one request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        long held = 0;
        try
        {
            int? headerLength = HeaderLength(context.Request);
            (string model, string version) = ModelRoute.Of(context.Request.RouteValues);
            held = Math.Min(context.Request.ContentLength ?? _limit, _limit);
            bytesInFlight.Add(held);
            CancellationToken aborted = context.RequestAborted;
            ParsedInferRequest parsed;
            using (RequestBody body = await RequestBody.ReadAsync(context.Request, headerLength, _limit, aborted)) parsed = InferRequestReader.Read(body);
            using InferenceResponse response = await pipeline.InferAsync(Request(model, version, parsed), aborted);
            if (response.Error == InferenceError.None) await InferResponseWriter.WriteAsync(context, parsed, response);
            else await ErrorResponse.WriteAsync(context, response.Error, response.ErrorMessage);
        }
        catch (InferenceException exception)
        {
            if (exception.Error == InferenceError.PayloadTooLarge) CloseAfterwards(context);
            await ErrorResponse.WriteAsync(context, exception.Error, exception.Message);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone: there is nobody to answer.
        }
        finally
        {
            if (held > 0) bytesInFlight.Remove(held);
        }
    }

    /// <summary>What is left of a body that is too large is not read to its end.</summary>
    private static void CloseAfterwards(HttpContext context)
    {
        if (!context.Response.HasStarted) context.Response.Headers.Connection = "close";
    }

    private static InferenceRequest Request(string model, string version, ParsedInferRequest parsed) => new()
    {
        ModelName = model,
        ModelVersion = version,
        Id = parsed.Id ?? "",
        Inputs = parsed.Inputs,
        RequestedOutputs = parsed.Outputs.Count == 0 ? [] : parsed.Outputs.ConvertAll(output => output.Name).ToArray(),
        Priority = parsed.Parameters.Priority,
        Timeout = parsed.Parameters.Timeout,
        SloP99Ms = parsed.Parameters.SloP99Ms,
    };

    private static int? HeaderLength(HttpRequest request)
    {
        if (!request.Headers.TryGetValue("Inference-Header-Content-Length", out Microsoft.Extensions.Primitives.StringValues value)) return null;
        if (!int.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int length))
        {
            throw new InferenceException(InferenceError.InvalidArgument, $"Inference-Header-Content-Length is '{value}'; the number of bytes of the JSON header is expected");
        }

        if (length == 0) throw new InferenceException(InferenceError.Unsupported, "raw binary requests (Inference-Header-Content-Length: 0) are not served here; send a JSON header");
        if (request.ContentLength is { } total && request.Headers.ContentEncoding.Count == 0 && length > total)
        {
            throw new InferenceException(InferenceError.InvalidArgument, $"Inference-Header-Content-Length is {length}, the request body has only {total} bytes");
        }

        return length;
    }
}
