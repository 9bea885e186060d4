using System.ComponentModel;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Tune;

/// <summary>What <c>oinf tune</c> takes.</summary>
internal sealed class TuneSettings : ModelSettings
{
    [CommandOption("--node <NODE>")]
    [Description("The node; without it, the first that serves the model")]
    public string? Node { get; init; }

    [CommandOption("--repeats <N>")]
    [Description("Measurements of each setting that is reported, whose median counts")]
    [DefaultValue(5)]
    public int Repeats { get; init; } = 5;

    [CommandOption("--out <FILE.md>")]
    [Description("Where the report is written")]
    public string? Out { get; init; }

    [CommandOption("--apply")]
    [Description("Leave what was found in force")]
    public bool Apply { get; init; }

    /// <inheritdoc />
    public override ValidationResult Validate() =>
        Repeats is < 1 or > 100
            ? ValidationResult.Error($"--repeats is {Repeats}; 1 to 100 is allowed")
            : ValidationResult.Success();
}
