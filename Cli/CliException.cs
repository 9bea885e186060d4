namespace OrleansInference.Cli;

/// <summary>An error for the user, in a line that says what to do.</summary>
internal sealed class CliException(string message, int exitCode = CliException.Failed) : Exception(message)
{
    /// <summary>Something failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The exit code of the process.</summary>
    public int ExitCode => exitCode;
}
