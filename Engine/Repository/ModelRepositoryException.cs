namespace OrleansInference.Engine.Repository;

/// <summary>The model repository as a whole cannot be read.</summary>
public sealed class ModelRepositoryException(string message, Exception? innerException = null)
    : Exception(message, innerException);
