using Spectre.Console;

namespace OrleansInference.Cli.Commands.Agent;

/// <summary><c>oinf agent approve</c>.</summary>
internal sealed class AgentApproveCommand(IAnsiConsole console, TextWriter output)
    : AgentAnswerCommand(console, output, "approve");
