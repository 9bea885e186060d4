using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What <c>model_metrics</c> must be. Pure.</summary>
internal static class MetricRules
{
    private const string Customizable = "nv_inference_first_response_histogram_ms";

    /// <exception cref="ModelLoadException">A part is left out; the message names it.</exception>
    public static void Require(ModelMetrics metrics, string model)
    {
        foreach (ModelMetrics.Types.MetricControl control in metrics.MetricControl)
        {
            string? lacks =
                control.MetricIdentifier is null ? "metric control must specify 'metric_identifier'"
                : control.MetricIdentifier.Family.Length == 0 ? "metric identifier must specify non-empty 'family'"
                : control.HistogramOptions is null ? "metric control must specify 'histogram_options'"
                : control.HistogramOptions.Buckets.Count == 0 ? "histogram options must specify non-empty 'buckets'"
                : null;
            if (lacks is not null)
            {
                throw new ModelLoadException($"{lacks} for {model}, in model_metrics");
            }
            if (!control.HistogramOptions!.Buckets.All(double.IsFinite))
            {
                throw new ModelLoadException($"buckets of model_metrics must be finite numbers for {model}");
            }
        }
    }

    /// <summary>A sentence for each family whose options have no effect.</summary>
    public static IEnumerable<string> Warnings(ModelMetrics metrics) =>
        metrics
            .MetricControl.Select(control => control.MetricIdentifier?.Family)
            .Where(family => family != Customizable)
            .Select(family =>
                $"Metric family '{family}' in 'metric_identifier' is not a customizable metric in Triton core. "
                + $"Here it is {Customizable} too"
            );
}
