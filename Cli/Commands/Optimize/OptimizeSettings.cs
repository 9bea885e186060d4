using System.ComponentModel;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Optimize;

/// <summary>What <c>oinf optimize</c> takes.</summary>
internal sealed class OptimizeSettings : CommandSettings
{
    [CommandArgument(0, "<MODEL.onnx>")]
    [Description("The model's file in its version's folder, where the variants are written")]
    public string Model { get; init; } = "";

    [CommandOption("-i|--input <NAME=FILE>")]
    [Description(
        "Rows of your own to compare on: NAME=FILE.npy, a raw file or JSON, once for each input; made up where absent"
    )]
    public string[] Inputs { get; init; } = [];

    [CommandOption("--variants <LIST>")]
    [Description("Which to make: graph, fp16, int8")]
    [DefaultValue("graph,fp16,int8")]
    public string Variants { get; init; } = "graph,fp16,int8";

    [CommandOption("--rows <N>")]
    [Description("Rows to make up, and of the timed batch")]
    [DefaultValue(8)]
    public int Rows { get; init; } = 8;

    [CommandOption("--json")]
    [Description("Print one JSON value and nothing else")]
    public bool Json { get; init; }

    /// <inheritdoc />
    public override ValidationResult Validate() =>
        Rows is < 1 or > 4096 ? ValidationResult.Error($"--rows is {Rows}; 1 to 4096 is allowed")
        : Variants
            .Split(',', StringSplitOptions.TrimEntries)
            .FirstOrDefault(name => name is not ("graph" or "fp16" or "int8"))
            is { } wrong
            ? ValidationResult.Error($"--variants has '{wrong}'; graph, fp16 and int8 are allowed")
        : ValidationResult.Success();
}
