using Spectre.Console;

namespace OrleansInference.Cli.Commands.Agent;

/// <summary><c>oinf agent refuse</c>.</summary>
internal sealed class AgentRefuseCommand(IAnsiConsole console, TextWriter output)
    : AgentAnswerCommand(console, output, "refuse");
