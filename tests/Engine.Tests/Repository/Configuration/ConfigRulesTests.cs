using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Repository.Configuration;

/// <summary>Values that contradict each other or the model: through the engine, as an operator meets them.</summary>
public sealed class ConfigRulesTests
{
    [Theory]
    [InlineData("max_batch_size: 4 dynamic_batching { preferred_batch_size: [ 2, 8 ] }", "preferred_batch_size has 8")]
    [InlineData("max_batch_size: 4 dynamic_batching { preferred_batch_size: 0 }", "1 to 4 is allowed")]
    [InlineData("max_batch_size: 0 dynamic_batching { preferred_batch_size: 2 }", "none is allowed")]
    [InlineData(
        "dynamic_batching { priority_levels: 2 default_priority_level: 3 }",
        "must be in range [1, 2] for m; it is 3"
    )]
    [InlineData("dynamic_batching { priority_levels: 2 }", "must be in range [1, 2] for m; it is 0")]
    [InlineData(
        "dynamic_batching { preserve_ordering: true default_queue_policy { timeout_action: DELAY } }",
        "can not have DELAY"
    )]
    [InlineData(
        "dynamic_batching { priority_levels: 2 default_priority_level: 1 priority_queue_policy { key: 3 value { } } }",
        "in range [1, 2] for m; it has 3"
    )]
    [InlineData("max_batch_size: -1", "'max_batch_size' must be non-negative value for m")]
    [InlineData("input { name: \"x\" dims: 0 }", "model input 'x' dimension must be integer >= 1")]
    [InlineData(
        "output { name: \"y\" dims: 2 reshape { shape: [ 0 ] } }",
        "model output 'y' reshape dimensions must be integer >= 1"
    )]
    [InlineData(
        "input { name: \"x\" dims: 4 reshape { shape: [ 2, 3 ] } }",
        "model input 'x' has different size for dims and reshape for m"
    )]
    [InlineData(
        "input { name: \"x\" dims: -1 reshape { shape: [ -1, -1 ] } }",
        "different number of variable-size dimensions"
    )]
    [InlineData(
        "instance_group { kind: KIND_CPU gpus: 0 }",
        "instance group m_0 of model m has kind KIND_CPU but specifies one or more GPU"
    )]
    [InlineData("platform: \"ensemble\"", "ensemble scheduling must be set for ensemble m whose platform is ensemble")]
    [InlineData(
        "dynamic_batching { priority_levels: 2 default_priority_level: 2 priority_queue_policy { key: 0 value { } } }",
        "in range [1, 2] for m; it has 0"
    )]
    [InlineData("input { name: \"x\" dims: -2 }", "for m; it is -2")]
    [InlineData("input { name: \"x\" dims: 4 reshape { shape: [ -4 ] } }", "for m; it is -4")]
    [InlineData("instance_group { count: -1 }", "instance group m_0 of model m has count -1")]
    [InlineData("instance_group { gpus: [ 0, -2 ] }", "invalid or unsupported gpu id -2")]
    [InlineData("input { name: \"x\" format: FORMAT_NCHW dims: 4 }", "which have 3 dims; it has 1")]
    [InlineData("input { name: \"x\" } input { name: \"x\" }", "has input 'x' twice")]
    [InlineData("output { name: \"y\" } output { name: \"y\" }", "has output 'y' twice")]
    [InlineData("input { name: \"x\" optional: true }", "input 'x' as optional, the model has no default")]
    [InlineData("optimization { graph { level: 3 } }", "optimization.graph.level is 3")]
    [InlineData("optimization { graph { level: -2 } }", "allowed are -1 (basic)")]
    [InlineData("version_policy { specific { versions: [ 7, 8 ] } }", "it names versions 7, 8, of which none is there")]
    public async Task LoadAsync_ValueThatCannotBe_IsRefusedByName(string config, string expected)
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.Mlp(4, 8, 2), config));

        Assert.Empty(test.Engine.Models);
        Assert.Contains(expected, Assert.Single(test.Engine.Index).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "sequence_batching { direct { minimum_slot_utilization: 1.5 } }",
        "minimum_slot_utilization is 1.5; a number from 0 to 1 is allowed"
    )]
    [InlineData(
        "sequence_batching { control_input { name: \"a\" control { kind: CONTROL_SEQUENCE_START fp32_false_true: [ 0, 1 ] } } "
            + "control_input { name: \"b\" control { kind: CONTROL_SEQUENCE_START fp32_false_true: [ 0, 1 ] } } }",
        "sequence batching specifies multiple CONTROL_SEQUENCE_START tensors for m: 'a' and 'b'"
    )]
    [InlineData(
        "sequence_batching { control_input { name: \"a\" control { kind: CONTROL_SEQUENCE_START fp32_false_true: [ 0, 1 ] } "
            + "control { kind: CONTROL_SEQUENCE_END fp32_false_true: [ 0, 1 ] } } }",
        "control tensor 'a' is specified for multiple control kinds for m: CONTROL_SEQUENCE_START and CONTROL_SEQUENCE_END"
    )]
    [InlineData(
        "sequence_batching { control_input { name: \"a\" control { kind: CONTROL_SEQUENCE_START data_type: TYPE_INT32 "
            + "fp32_false_true: [ 0, 1 ] } } }",
        "gives control_input 'a' data_type INT32, the model has FP32"
    )]
    [InlineData(
        "sequence_batching { state { input_name: \"a\" output_name: \"y\" data_type: TYPE_INT32 } }",
        "gives state 'a' data_type INT32, the model has FP32"
    )]
    [InlineData(
        "sequence_batching { state { input_name: \"a\" output_name: \"y\" initial_state { zero_data: true } "
            + "initial_state { zero_data: true } } }",
        "has 2 entries of initial_state; one is allowed"
    )]
    public async Task LoadAsync_SequenceThatCannotBe_IsRefusedByName(string config, string expected)
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("m", FixtureModels.Sum(1), "max_batch_size: 4 " + config)
        );

        Assert.Empty(test.Engine.Models);
        Assert.Contains(expected, Assert.Single(test.Engine.Index).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dynamic_batching { default_priority_level: 1 }", "default_priority_level has no effect")]
    [InlineData(
        "dynamic_batching { priority_queue_policy { key: 1 value { max_queue_size: 1 } } }",
        "priority_queue_policy has no effect without priority_levels"
    )]
    [InlineData(
        "dynamic_batching { priority_levels: 2 default_priority_level: 1 preserve_ordering: true }",
        "priority_levels changes only whose run comes first"
    )]
    [InlineData(
        "dynamic_batching { default_queue_policy { default_timeout_microseconds: 50 } }",
        "default_queue_policy gives a request 50 microseconds"
    )]
    [InlineData(
        "dynamic_batching { priority_levels: 2 default_priority_level: 1 "
            + "priority_queue_policy { key: 2 value { default_timeout_microseconds: 1 } } }",
        "priority_queue_policy of level 2 gives a request 1 microseconds"
    )]
    [InlineData("instance_group [ { kind: KIND_CPU }, { } ]", "instance_group.kind has no effect")]
    [InlineData("instance_group { gpus: [ 0, 1 ] }", "instance_group.gpus has no effect")]
    [InlineData("version_policy { specific { versions: [ 1, 7 ] } }", "names version 7, which is not there")]
    [InlineData("output { name: \"y\" label_filename: \"no.txt\" }", "label_filename of output 'y' has no effect")]
    [InlineData("output { name: \"y\" label_filename: \"1/no.txt\" }", "is not a file name without a folder")]
    [InlineData("output { name: \"y\" label_filename: \"1\" }", "is a folder")]
    public async Task LoadAsync_ValueWithoutEffect_IsServedWithAWarning(string config, string expected)
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("m", FixtureModels.Mlp(4, 8, 2), "max_batch_size: 4 " + config)
        );

        ModelStatus line = Assert.Single(test.Engine.Index);
        Assert.Equal(ModelState.Ready, line.State);
        Assert.Contains(expected, line.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("max_batch_size: 4 dynamic_batching { preferred_batch_size: [ 2, 4 ] }")]
    [InlineData("dynamic_batching { preferred_batch_size: [ 2, 4 ] }")]
    [InlineData("dynamic_batching { priority_levels: 2 default_priority_level: 2 }")]
    [InlineData("dynamic_batching { priority_levels: 18446744073709551615 default_priority_level: 4294967296 }")]
    [InlineData("version_policy { specific { versions: 1 } }")]
    public async Task LoadAsync_ValuesThatAgree_AreServedWithoutAWord(string config)
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.Mlp(4, 8, 2), config));

        ModelStatus line = Assert.Single(test.Engine.Index);
        Assert.Equal(ModelState.Ready, line.State);
        Assert.Equal("", line.Reason);
    }
}
