using System.ComponentModel;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands;

/// <summary>The arguments of <c>oinf bench</c>.</summary>
internal sealed class BenchSettings : ModelSettings
{
    [CommandOption("--concurrency <N>")]
    [Description(
        "Closed loop: callers, each with its next request after the answer. Open loop: most "
            + "requests under way (default there: 1024)"
    )]
    public int? Concurrency { get; init; }

    [CommandOption("--rate <R>")]
    [Description("Open loop: requests a second, whether or not the server keeps up")]
    public double? Rate { get; init; }

    [CommandOption("--arrivals <KIND>")]
    [Description("constant or poisson, with --rate")]
    [DefaultValue("poisson")]
    public string Arrivals { get; init; } = "poisson";

    [CommandOption("--trace <FILE>")]
    [Description("Open loop: arrivals from a CSV file with a header")]
    public string? Trace { get; init; }

    [CommandOption("--column <NAME>")]
    [Description("The trace's column of times: seconds, or dates")]
    [DefaultValue("TIMESTAMP")]
    public string Column { get; init; } = "TIMESTAMP";

    [CommandOption("--speedup <X>")]
    [Description("Play the trace X times as fast")]
    [DefaultValue(1.0)]
    public double Speedup { get; init; } = 1;

    [CommandOption("--duration <SECONDS>")]
    [Description("How long to measure")]
    [DefaultValue(10.0)]
    public double Duration { get; init; } = 10;

    [CommandOption("--warmup <SECONDS>")]
    [Description("How long to load before, unmeasured")]
    [DefaultValue(1.0)]
    public double Warmup { get; init; } = 1;

    [CommandOption("--batch <ROWS>")]
    [Description("Rows of each request, where its input is made up")]
    [DefaultValue(1)]
    public int Batch { get; init; } = 1;

    [CommandOption("--seed <N>")]
    [Description("Of made-up inputs and of Poisson arrivals")]
    [DefaultValue(1)]
    public int Seed { get; init; } = 1;

    [CommandOption("--timeout <MS>")]
    [Description("Deadline of each request; 0 for none")]
    public double TimeoutMs { get; init; }

    [CommandOption("--input <NAME=VALUE>")]
    [Description("A tensor as for infer; made up from the model's metadata without it")]
    public string[] Inputs { get; init; } = [];

    /// <inheritdoc />
    public override ValidationResult Validate()
    {
        if (Rate is not null && Trace is not null)
        {
            return ValidationResult.Error("--rate and --trace exclude each other");
        }
        if (Rate is <= 0 or > 1_000_000)
        {
            return ValidationResult.Error($"--rate is {Rate}; a number over 0 and up to 1000000 is allowed");
        }
        if (Arrivals is not ("constant" or "poisson"))
        {
            return ValidationResult.Error($"--arrivals is '{Arrivals}'; allowed: constant, poisson");
        }
        if (Concurrency is < 1 or > 65_536)
        {
            return ValidationResult.Error($"--concurrency is {Concurrency}; a number from 1 to 65536 is allowed");
        }
        if (Duration is not (> 0 and <= 86_400))
        {
            return ValidationResult.Error($"--duration is {Duration}; seconds over 0 and up to 86400 are allowed");
        }
        if (Warmup is not (>= 0 and <= 3_600))
        {
            return ValidationResult.Error($"--warmup is {Warmup}; seconds from 0 to 3600 are allowed");
        }
        if (Speedup is not (> 0 and <= 1e6))
        {
            return ValidationResult.Error($"--speedup is {Speedup}; a number over 0 is allowed");
        }
        return Batch is >= 1 and <= 65_536
            ? ValidationResult.Success()
            : ValidationResult.Error($"--batch is {Batch}; a number from 1 to 65536 is allowed");
    }
}
