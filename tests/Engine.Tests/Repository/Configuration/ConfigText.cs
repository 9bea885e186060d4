using System.Text;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Protocol;

namespace OrleansInference.Engine.Tests.Repository.Configuration;

/// <summary>Configurations that the tests share.</summary>
internal static class ConfigText
{
    /// <summary>Most of what the format and the schema have.</summary>
    public const string Rich = """
        # A comment; 'quotes" in it do nothing.
        name: "rich" platform: 'onnxruntime_onnx'
        max_batch_size: 0x20;
        input [ { name: "a" data_type: TYPE_FP32 dims: [ -1, 3 ] optional: true },
                < name: "b", data_type: 9, dims: 010, dims: 4, reshape: { shape: [ ] } > ]
        output: { name: "c" data_type: TYPE_STRING dims: 1 label_filename: "la" 'bels' ".txt" }
        version_policy: { specific { versions: [1, 2] } }
        dynamic_batching {
          preferred_batch_size: [ 4, 8 ]
          max_queue_delay_microseconds: 250
          default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 100 max_queue_size: 16 }
          priority_levels: 2
          priority_queue_policy { key: 1 value { timeout_action: REJECT } }
          priority_queue_policy [ { key: 2 value: { max_queue_size: 7 } } ]
        }
        instance_group [ { count: 2 kind: KIND_CPU gpus: [ - 1, 0 ] } ]
        parameters { key: "slo_p99_ms" value: { string_value: "20" } }
        parameters { key: "empty" }
        model_warmup { name: "w" batch_size: 1 inputs { key: "a" value { data_type: TYPE_FP32 dims: 3 random_data: t } } count: 2 }
        optimization { priority: PRIORITY_MAX cuda { graphs: False busy_wait_events: 1 } }
        model_metrics { metric_control { metric_identifier { family: "f" } histogram_options { buckets: [ .5, 1, 2.5e1, 1f, -1.5, inf, -Infinity, nan ] } } }
        """;

    /// <summary>A sequence model and an ensemble, whose fields <see cref="Rich"/> cannot have too.</summary>
    public const string Sequence = """
        sequence_batching {
          max_sequence_idle_microseconds: 5000000
          direct { minimum_slot_utilization: 0.5 }
          control_input [ { name: "START" control [ { kind: CONTROL_SEQUENCE_START fp32_false_true: [ 0, 1 ] } ] } ]
          state [ { input_name: "i" output_name: "o" data_type: TYPE_INT32 dims: [ -1 ] initial_state: { name: "z" zero_data: true data_type: TYPE_INT32 dims: [ 1 ] } } ]
        }
        """;

    public static readonly string[] Samples =
    [
        Rich,
        Sequence,
        "ensemble_scheduling { step [ { model_name: 'a' model_version: -1 input_map { key: 'x' value: 'y' } } ] }",
    ];

    public static ModelConfig Parse(string text) =>
        ModelConfigReader.Parse(Encoding.UTF8.GetBytes(text), "config.pbtxt");

    public static ModelConfigException Refused(string text) => Assert.Throws<ModelConfigException>(() => Parse(text));

    /// <summary>The five examples of Triton's clients where they lie beside the repository; none elsewhere.</summary>
    public static IEnumerable<string> PublicFiles() => Configurations("shared", "data", "models", "triton-examples");

    /// <summary>The repository's own models.</summary>
    public static IEnumerable<string> ShippedFiles() => Configurations("models");

    private static IEnumerable<string> Configurations(params string[] path)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine([folder.FullName, .. path]);
            if (Directory.Exists(candidate))
            {
                return Directory.EnumerateFiles(candidate, "config.pbtxt", SearchOption.AllDirectories).Order();
            }
        }

        return [];
    }
}
