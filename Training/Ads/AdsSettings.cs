using System.ComponentModel;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Training.Ads;

/// <summary>What <c>ads</c> takes.</summary>
internal sealed class AdsSettings : CommandSettings
{
    [CommandOption("--pictures <PATH>")]
    [Description("Folder or zip file of pictures in sub-folders by what they show; drawn where absent")]
    public string? Pictures { get; init; }

    [CommandOption("--rows <N>")]
    [Description("Rows of the click log")]
    [DefaultValue(60_000)]
    public int Rows { get; init; } = 60_000;

    [CommandOption("--epochs <N>")]
    [Description("Most passes over the training rows")]
    [DefaultValue(8)]
    public int Epochs { get; init; } = 8;

    [CommandOption("--optimiser <NAME>")]
    [Description("adam or sgd")]
    [DefaultValue("adam")]
    public string Optimiser { get; init; } = "adam";

    [CommandOption("--rate <R>")]
    [Description("Learning rate; 0 for 0.002 with adam and 0.05 with sgd")]
    public double Rate { get; init; }

    [CommandOption("--seed <N>")]
    [Description("Seed of pictures, log, weights and order")]
    [DefaultValue(1)]
    public int Seed { get; init; } = 1;

    [CommandOption("--threads <N>")]
    [Description("Torch's threads")]
    [DefaultValue(1)]
    public int Threads { get; init; } = 1;

    [CommandOption("--ablate")]
    [Description("Train also without pictures and without titles, to see what each adds")]
    public bool Ablate { get; init; }

    [CommandOption("--document")]
    [Description("Train also the source document's own network, on a part of the rows")]
    public bool Document { get; init; }

    [CommandOption("--out <DIR>")]
    [Description("Where the model, its metrics and plots are written")]
    [DefaultValue("runs/ads")]
    public string Out { get; init; } = "runs/ads";

    /// <inheritdoc />
    public override ValidationResult Validate() =>
        Rows is < 1000 or > 10_000_000 ? ValidationResult.Error($"--rows is {Rows}; 1000 to 10000000 is allowed")
        : Epochs is < 1 or > 1000 ? ValidationResult.Error($"--epochs is {Epochs}; 1 to 1000 is allowed")
        : Threads is < 1 or > 1024 ? ValidationResult.Error($"--threads is {Threads}; 1 to 1024 is allowed")
        : Optimiser is not ("adam" or "sgd")
            ? ValidationResult.Error($"--optimiser is '{Optimiser}'; adam or sgd is allowed")
        : ValidationResult.Success();
}
