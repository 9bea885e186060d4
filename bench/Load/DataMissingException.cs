namespace OrleansInference.Load;

/// <summary>A model or input to measure with is not on this machine; exit code 3.</summary>
internal sealed class DataMissingException(string message) : Exception(message);
