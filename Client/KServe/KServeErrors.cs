using System.Net;
using Grpc.Core;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Client.KServe;

/// <summary>Maps the statuses of a KServe v2 server to errors.</summary>
internal static class KServeErrors
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

    /// <summary>The error for a gRPC status.</summary>
    public static InferenceError FromStatus(StatusCode status) =>
        status switch
        {
            StatusCode.InvalidArgument
            or StatusCode.AlreadyExists
            or StatusCode.FailedPrecondition
            or StatusCode.OutOfRange => InferenceError.InvalidArgument,
            StatusCode.NotFound => InferenceError.NotFound,
            StatusCode.ResourceExhausted => InferenceError.ResourceExhausted,
            StatusCode.Cancelled => InferenceError.Cancelled,
            StatusCode.Unimplemented => InferenceError.Unsupported,
            StatusCode.Unavailable => InferenceError.Unavailable,
            StatusCode.DeadlineExceeded => InferenceError.DeadlineExceeded,
            _ => InferenceError.Internal,
        };
}
