using Spectre.Console;

namespace OrleansInference.Cli.Commands.Jobs;

/// <summary><c>oinf jobs resume</c>.</summary>
internal sealed class JobResumeCommand(IAnsiConsole console, TextWriter output) : JobPauseCommand(console, output)
{
    /// <inheritdoc />
    protected override string Action => "resume";
}
