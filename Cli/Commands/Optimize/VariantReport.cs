namespace OrleansInference.Cli.Commands.Optimize;

/// <summary>How a variant compares with the original.</summary>
/// <param name="Name">Its name.</param>
/// <param name="File">Its file; empty for what was only measured.</param>
/// <param name="FileBytes">The file's size.</param>
/// <param name="OneRowMs">Median milliseconds of a run of one row, one thread.</param>
/// <param name="BatchMs">The same of the batch.</param>
/// <param name="AccuracyLoss">Share of the rows whose largest output is another, or the outputs' mean difference ÷
/// their mean size where there is but one.</param>
/// <param name="MeanDifference">Mean absolute difference of the outputs.</param>
/// <param name="Problem">Why it cannot be used; empty where it can.</param>
internal sealed record VariantReport(
    string Name,
    string File,
    long FileBytes,
    double OneRowMs,
    double BatchMs,
    double AccuracyLoss,
    double MeanDifference,
    string Problem = ""
);
