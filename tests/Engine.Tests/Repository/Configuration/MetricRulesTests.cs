using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Sessions;
using OrleansInference.Protocol;

namespace OrleansInference.Engine.Tests.Repository.Configuration;

public sealed class MetricRulesTests
{
    private const string Family = "metric_identifier { family: \"nv_inference_first_response_histogram_ms\" }";

    [Theory]
    [InlineData("", "metric control must specify 'metric_identifier'")]
    [InlineData("metric_identifier { }", "metric identifier must specify non-empty 'family'")]
    [InlineData(Family, "metric control must specify 'histogram_options'")]
    [InlineData(Family + "histogram_options { }", "histogram options must specify non-empty 'buckets'")]
    [InlineData(Family + "histogram_options { buckets: [ 1, nan ] }", "must be finite numbers")]
    public void Require_SomethingLeftOut_IsNamed(string control, string expected)
    {
        ModelConfig config = ConfigText.Parse($"model_metrics {{ metric_control {{ {control} }} }}");

        ModelLoadException exception = Assert.Throws<ModelLoadException>(() => ConfigRules.Require(config, "m"));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nv_inference_first_response_histogram_ms", false)]
    [InlineData("nv_inference_request_success", true)]
    public void Warnings_AFamilyThatCannotBeCustomized_IsNamed(string family, bool warns)
    {
        ModelConfig config = ConfigText.Parse(
            $"model_metrics {{ metric_control {{ metric_identifier {{ family: \"{family}\" }} "
                + "histogram_options { buckets: [ 1, 2 ] } } }"
        );

        ConfigRules.Require(config, "m");

        Assert.Equal(
            warns,
            ConfigRules.Warnings(config).Any(warning => warning.Contains(family, StringComparison.Ordinal))
        );
    }
}
