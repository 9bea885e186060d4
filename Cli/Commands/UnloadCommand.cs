using Spectre.Console;

namespace OrleansInference.Cli.Commands;

/// <summary><c>oinf unload</c>.</summary>
internal sealed class UnloadCommand(IAnsiConsole console, TextWriter output) : LoadCommand(console, output)
{
    /// <inheritdoc />
    protected override string Action => "unload";
}
