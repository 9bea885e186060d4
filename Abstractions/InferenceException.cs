namespace OrleansInference;

/// <summary>A request was refused or has failed.</summary>
public sealed class InferenceException : Exception
{
    /// <summary>Creates it with the error and a message that names what was wrong and what is allowed.</summary>
    public InferenceException(InferenceError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>The reason, for code.</summary>
    public InferenceError Error { get; internal set; }

    /// <summary>After which time another try may be worth it; null where the server gave none.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
