namespace OrleansInference.Engine.Sessions;

/// <summary>A model cannot be served as it stands; the message says why and what would help.</summary>
public sealed class ModelLoadException(string message, Exception? innerException = null)
    : Exception(message, innerException);
