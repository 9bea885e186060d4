using System.ComponentModel;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Training.Agents;

/// <summary>What <c>agent</c> takes.</summary>
internal sealed class AgentSettings : CommandSettings
{
    [CommandOption("--minutes <M>")]
    [Description("Minutes of training, over all runs that go on from each other")]
    [DefaultValue(8.0)]
    public double Minutes { get; init; } = 8;

    [CommandOption("--seed <N>")]
    [Description("Seed of weights, tasks and choices")]
    [DefaultValue(1)]
    public int Seed { get; init; } = 1;

    [CommandOption("--rate <R>")]
    [Description("Adam's learning rate")]
    [DefaultValue(5e-4)]
    public double Rate { get; init; } = 5e-4;

    [CommandOption("--threads <N>")]
    [Description("Torch's threads")]
    [DefaultValue(2)]
    public int Threads { get; init; } = 2;

    [CommandOption("--out <DIR>")]
    [Description("Where checkpoints, curves and the policy are written; a run that was interrupted goes on from there")]
    [DefaultValue("runs/agent")]
    public string Out { get; init; } = "runs/agent";

    /// <inheritdoc />
    public override ValidationResult Validate() =>
        !(Minutes is > 0 and <= 10_000)
            ? ValidationResult.Error($"--minutes is {Minutes}; a number above 0 and up to 10000 is allowed")
        : Threads is < 1 or > 1024 ? ValidationResult.Error($"--threads is {Threads}; 1 to 1024 is allowed")
        : !(Rate is > 0 and < 1) ? ValidationResult.Error($"--rate is {Rate}; a number between 0 and 1 is allowed")
        : ValidationResult.Success();
}
