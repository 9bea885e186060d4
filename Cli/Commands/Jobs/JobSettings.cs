using System.ComponentModel;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Jobs;

/// <summary>What a command for one job takes.</summary>
internal class JobSettings : ServerSettings
{
    [CommandArgument(0, "<ID>")]
    [Description("The job's id")]
    public string Id { get; init; } = "";
}
