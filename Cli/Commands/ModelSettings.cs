using System.ComponentModel;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands;

/// <summary>What a command for one model takes.</summary>
internal class ModelSettings : ServerSettings
{
    [CommandArgument(0, "<MODEL>")]
    [Description("The model's name in the repository")]
    public string Model { get; init; } = "";
}
