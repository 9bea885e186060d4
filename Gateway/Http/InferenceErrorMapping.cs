using Grpc.Core;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Http;

/// <summary>
/// Maps each <see cref="InferenceError"/> to one HTTP and one gRPC status. An error that only a newer silo knows
/// becomes an internal error.
/// </summary>
internal static class InferenceErrorMapping
{
    /// <summary>The HTTP status for an error; Triton's status where the options ask for that.</summary>
    public static int ToHttp(InferenceError error, bool triton) => ToHttp(triton ? ToTriton(error) ?? error : error);

    /// <summary>The same for gRPC.</summary>
    public static StatusCode ToGrpc(InferenceError error, bool triton) =>
        ToGrpc(triton ? ToTriton(error) ?? error : error);

    /// <summary>The HTTP status.</summary>
    public static int ToHttp(InferenceError error) =>
        error switch
        {
            InferenceError.None => 200,
            InferenceError.InvalidArgument => 400,
            InferenceError.NotFound => 404,
            InferenceError.PayloadTooLarge => 413,
            InferenceError.ResourceExhausted => 429,
            InferenceError.Cancelled => 499,
            InferenceError.Unsupported => 501,
            InferenceError.Unavailable => 503,
            InferenceError.DeadlineExceeded => 504,
            InferenceError.Internal or _ => 500,
        };

    /// <summary>The gRPC status.</summary>
    public static StatusCode ToGrpc(InferenceError error) =>
        error switch
        {
            InferenceError.None => StatusCode.OK,
            InferenceError.InvalidArgument => StatusCode.InvalidArgument,
            InferenceError.NotFound => StatusCode.NotFound,
            InferenceError.PayloadTooLarge or InferenceError.ResourceExhausted => StatusCode.ResourceExhausted,
            InferenceError.Cancelled => StatusCode.Cancelled,
            InferenceError.Unsupported => StatusCode.Unimplemented,
            InferenceError.Unavailable => StatusCode.Unavailable,
            InferenceError.DeadlineExceeded => StatusCode.DeadlineExceeded,
            InferenceError.Internal or _ => StatusCode.Internal,
        };

    private static InferenceError? ToTriton(InferenceError error) =>
        error switch
        {
            InferenceError.ResourceExhausted or InferenceError.DeadlineExceeded => InferenceError.Unavailable,
            InferenceError.PayloadTooLarge => InferenceError.InvalidArgument,
            _ => null,
        };
}
