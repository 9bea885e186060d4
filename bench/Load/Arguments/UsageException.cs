namespace OrleansInference.Load.Arguments;

/// <summary>Wrong options; the message is the one line to print before exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
