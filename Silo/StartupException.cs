namespace OrleansInference.Silo;

/// <summary>The silo cannot start; the message is the one line that its operator sees.</summary>
internal sealed class StartupException(string message) : Exception(message);
