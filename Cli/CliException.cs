namespace OrleansInference.Cli;

/// <summary>What went wrong, in a line that says what to do.</summary>
internal sealed class CliException(string message, int exitCode = CliException.Failed) : Exception(message)
{
    /// <summary>Something failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>What the process ends with.</summary>
    public int ExitCode => exitCode;
}
