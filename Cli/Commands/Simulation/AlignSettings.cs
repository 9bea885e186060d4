using System.ComponentModel;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Simulation;

/// <summary>What <c>oinf align</c> takes.</summary>
internal sealed class AlignSettings : ModelSettings
{
    [CommandOption("--rate <R>")]
    [Description("Requests a second, Poisson")]
    [DefaultValue(20.0)]
    public double Rate { get; init; } = 20;

    [CommandOption("--burst <F>")]
    [Description("Now and then, F times as many for a second")]
    [DefaultValue(1.0)]
    public double Burst { get; init; } = 1;

    [CommandOption("--trace <FILE>")]
    [Description("Recorded requests in place of a rate: CSV with time,rows, or Azure's formats")]
    public string? Trace { get; init; }

    [CommandOption("--speedup <N>")]
    [Description("How many times as fast the trace is replayed")]
    [DefaultValue(1.0)]
    public double Speedup { get; init; } = 1;

    [CommandOption("--seconds <S>")]
    [Description("Seconds of a run")]
    [DefaultValue(20.0)]
    public double Seconds { get; init; } = 20;

    [CommandOption("--runs <N>")]
    [Description("Runs on the cluster, whose spread is shown, and in the twin")]
    [DefaultValue(5)]
    public int Runs { get; init; } = 5;

    [CommandOption("--seed <N>")]
    [Description("Seed of the arrivals")]
    [DefaultValue(1L)]
    public long Seed { get; init; } = 1;

    [CommandOption("--record <FILE.csv>")]
    [Description("Where what was asked and answered is written, for oinf simulate --trace")]
    public string? Record { get; init; }

    /// <inheritdoc />
    public override ValidationResult Validate() =>
        !(Rate > 0) ? ValidationResult.Error($"--rate is {Rate}; a number above 0 is allowed")
        : !(Burst >= 1) ? ValidationResult.Error($"--burst is {Burst}; a number from 1 on is allowed")
        : !(Speedup > 0) ? ValidationResult.Error($"--speedup is {Speedup}; a number above 0 is allowed")
        : !(Seconds is >= 1 and <= 3600) ? ValidationResult.Error($"--seconds is {Seconds}; 1 to 3600 is allowed")
        : Runs is < 1 or > 100 ? ValidationResult.Error($"--runs is {Runs}; 1 to 100 is allowed")
        : ValidationResult.Success();
}
