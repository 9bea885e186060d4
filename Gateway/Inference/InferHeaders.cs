using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Gateway.Inference;

/// <summary>Reads the headers of an inference request.</summary>
internal static class InferHeaders
{
    /// <summary>What a request's body consists of, by the header with the length of its JSON.</summary>
    /// <exception cref="InferenceException">It is no length, or more than the body has.</exception>
    public static BodyForm ReadBodyForm(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(InferRequestJson.LengthHeader, out StringValues value))
        {
            return BodyForm.Json;
        }
        if (!int.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int length))
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"{InferRequestJson.LengthHeader} is '{value}'; the number of bytes of the JSON header is expected"
            );
        }

        // A compressed body may well be shorter than the JSON in it.
        if (length > request.ContentLength && request.Headers.ContentEncoding.Count == 0)
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"{InferRequestJson.LengthHeader} is {length}, the request body has only {request.ContentLength} bytes"
            );
        }

        return BodyForm.JsonThenBinary(length);
    }

    /// <summary>
    /// The header with the caller's deadline in milliseconds, which is known before the body is read.
    /// </summary>
    public const string TimeoutMs = "X-Request-Timeout-Ms";

    /// <summary>Reads the deadline; zero where there is none.</summary>
    /// <exception cref="InferenceException">It is no time.</exception>
    public static TimeSpan ReadTimeout(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(TimeoutMs, out StringValues value))
        {
            return TimeSpan.Zero;
        }
        return
            double.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double milliseconds)
            && milliseconds is > 0 and <= 2e9
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw new InferenceException(
                InferenceError.InvalidArgument,
                $"{TimeoutMs} is '{value}'; a number of milliseconds above 0 is expected"
            );
    }

    /// <summary>The tenant that the <c>X-Tenant</c> header names, for requests without a key.</summary>
    public static string Tenant(HttpRequest request) =>
        request.Headers.TryGetValue("X-Tenant", out StringValues value)
        && value.ToString() is { Length: > 0 and <= 128 } tenant
            ? tenant
            : "default";
}
