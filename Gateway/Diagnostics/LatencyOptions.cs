using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>
/// Which of Triton's metrics of latencies <c>/metrics</c> has (Triton's <c>--metrics-config</c>). Section
/// <c>Gateway:Metrics</c>.
/// </summary>
public sealed class LatencyOptions
{
    /// <summary>Whether there are sums of durations, <c>nv_inference_request_duration_us</c> and its parts.</summary>
    public bool CounterLatencies { get; set; } = true;

    /// <summary>Whether there are histograms, <c>nv_inference_first_response_histogram_ms</c>.</summary>
    public bool HistogramLatencies { get; set; }

    /// <summary>
    /// Whether there are quantiles of the last minute, <c>nv_inference_request_summary_us</c> and its parts. They cost each
    /// request some microseconds.
    /// </summary>
    public bool SummaryLatencies { get; set; }

    /// <summary>The quantiles and the error that each may have: <c>QUANTILE:ERROR</c>, separated by commas.</summary>
    [Required(AllowEmptyStrings = false, ErrorMessage = "Gateway:Metrics:SummaryQuantiles must name a quantile.")]
    [RegularExpression(
        @"^(0?\.\d+|0|1):(0?\.\d+|0)(,(0?\.\d+|0|1):(0?\.\d+|0))*$",
        ErrorMessage = "Gateway:Metrics:SummaryQuantiles must be QUANTILE:ERROR,… with numbers from 0 to 1, such as 0.5:0.05,0.99:0.001."
    )]
    public string SummaryQuantiles { get; set; } = "0.5:0.05,0.9:0.01,0.95:0.001,0.99:0.001,0.999:0.001";

    /// <summary>The quantiles, each with its error.</summary>
    internal IEnumerable<(double Quantile, double Error)> Quantiles() =>
        SummaryQuantiles
            .Split(',')
            .Select(pair => pair.Split(':'))
            .Select(pair =>
                (
                    double.Parse(pair[0], CultureInfo.InvariantCulture),
                    double.Parse(pair[1], CultureInfo.InvariantCulture)
                )
            );
}
