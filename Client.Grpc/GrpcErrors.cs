using Grpc.Core;

namespace OrleansInference.Client.Grpc;

/// <summary>Maps gRPC statuses of a KServe v2 server to errors.</summary>
internal static class GrpcErrors
{
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
