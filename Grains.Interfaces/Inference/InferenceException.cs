namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>
/// An <see cref="InferenceError"/> as an exception, for the edges of the system: parsing and the client SDK.
/// </summary>
[GenerateSerializer]
[Alias("OrleansInference.InferenceException")]
public sealed class InferenceException : Exception
{
    /// <summary>Creates it with the error and a message that names what was wrong and what is allowed.</summary>
    public InferenceException(InferenceError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>The reason.</summary>
    [Id(0)]
    public InferenceError Error { get; }
}
