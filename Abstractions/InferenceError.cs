namespace OrleansInference;

/// <summary>
/// Why a request was not answered with outputs. Maps one to one to HTTP and gRPC status codes in the Gateway.
/// </summary>
public enum InferenceError : byte
{
    /// <summary>The request succeeded.</summary>
    None = 0,

    /// <summary>The request is malformed or does not fit the model (HTTP 400).</summary>
    InvalidArgument = 1,

    /// <summary>No such model or version (HTTP 404).</summary>
    NotFound = 2,

    /// <summary>The body is over the limit (HTTP 413).</summary>
    PayloadTooLarge = 3,

    /// <summary>Shed by a limit: queue full, too many bytes in flight (HTTP 429).</summary>
    ResourceExhausted = 4,

    /// <summary>The caller went away or cancelled (HTTP 499).</summary>
    Cancelled = 5,

    /// <summary>The server failed (HTTP 500).</summary>
    Internal = 6,

    /// <summary>Valid but not implemented here (HTTP 501).</summary>
    Unsupported = 7,

    /// <summary>The model or server is not ready, or is shutting down (HTTP 503).</summary>
    Unavailable = 8,

    /// <summary>
    /// The deadline passed, or could not have been met and the request was refused at once (HTTP 504).
    /// </summary>
    DeadlineExceeded = 9,
}
