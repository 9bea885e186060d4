using System.ComponentModel;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Training.Agents;

/// <summary>What <c>retrain</c> takes.</summary>
internal sealed class RetrainSettings : CommandSettings
{
    [CommandArgument(0, "<FOLDER>")]
    [Description("What silos have recorded (Recording:Folder)")]
    public string Recorded { get; init; } = "";

    [CommandOption("--incumbent <FILE>")]
    [Description("The policy in force; the planner alone where absent")]
    public string? Incumbent { get; init; }

    [CommandOption("--server <URL>")]
    [Description("A node of the cluster that a better policy is promoted on; only written where absent")]
    public string? Server { get; init; }

    [CommandOption("--api-key <KEY>")]
    [Description("Key for --server; ORLEANS_INFERENCE_API_KEY where absent")]
    public string? ApiKey { get; init; }

    [CommandOption("--every <HOURS>")]
    [Description("Do it again every so many hours; once where absent")]
    public double Every { get; init; }

    [CommandOption("--minutes <M>")]
    [Description("Minutes of training each time")]
    [DefaultValue(4.0)]
    public double Minutes { get; init; } = 4;

    [CommandOption("--replays <N>")]
    [Description("Replays that candidate and incumbent are compared on")]
    [DefaultValue(20)]
    public int Replays { get; init; } = 20;

    [CommandOption("--seed <N>")]
    [Description("Seed of tasks and choices")]
    [DefaultValue(1)]
    public int Seed { get; init; } = 1;

    [CommandOption("--out <DIR>")]
    [Description(
        "Where checkpoints, policies and reports are written; training goes on from the last checkpoint there"
    )]
    [DefaultValue("runs/agent")]
    public string Out { get; init; } = "runs/agent";

    /// <inheritdoc />
    public override ValidationResult Validate() =>
        !(Minutes is > 0 and <= 10_000)
            ? ValidationResult.Error($"--minutes is {Minutes}; a number above 0 and up to 10000 is allowed")
        : !(Every >= 0) ? ValidationResult.Error($"--every is {Every}; a number from 0 on is allowed")
        : Replays is < 5 or > 10_000 ? ValidationResult.Error($"--replays is {Replays}; 5 to 10000 is allowed")
        : Server is { } server && !Uri.TryCreate(server, UriKind.Absolute, out _)
            ? ValidationResult.Error($"--server is '{server}'; an address such as http://127.0.0.1:8080 is expected")
        : ValidationResult.Success();
}
