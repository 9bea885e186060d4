using Spectre.Console;

namespace OrleansInference.Cli.Commands.Jobs;

/// <summary><c>oinf jobs cancel</c>, which succeeds when the job is cancelled.</summary>
internal sealed class JobCancelCommand(IAnsiConsole console, TextWriter output) : JobPauseCommand(console, output)
{
    /// <inheritdoc />
    protected override string Action => "cancel";

    /// <inheritdoc />
    protected override int ExitCode(JobLine job) => job.State == "cancelled" ? 0 : CliException.Failed;
}
