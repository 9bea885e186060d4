using System.Net;

namespace OrleansInference.Client.Http;

/// <summary>Maps HTTP statuses of a KServe v2 server to errors.</summary>
internal static class HttpErrors
{
    /// <summary>The error for an HTTP status.</summary>
    public static InferenceError FromStatus(HttpStatusCode status) =>
        (int)status switch
        {
            404 => InferenceError.NotFound,
            413 => InferenceError.PayloadTooLarge,
            429 => InferenceError.ResourceExhausted,
            499 => InferenceError.Cancelled,
            501 => InferenceError.Unsupported,
            502 or 503 => InferenceError.Unavailable,
            504 => InferenceError.DeadlineExceeded,
            >= 400 and < 500 => InferenceError.InvalidArgument,
            _ => InferenceError.Internal,
        };
}
