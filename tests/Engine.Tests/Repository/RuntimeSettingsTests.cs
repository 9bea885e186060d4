using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Samples;
using OrleansInference.Protocol;

namespace OrleansInference.Engine.Tests.Repository;

public sealed class RuntimeSettingsTests
{
    [Theory]
    [InlineData(-1, GraphOptimizationLevel.ORT_ENABLE_BASIC)]
    [InlineData(0, GraphOptimizationLevel.ORT_ENABLE_ALL)]
    [InlineData(1, GraphOptimizationLevel.ORT_ENABLE_EXTENDED)]
    [InlineData(2, GraphOptimizationLevel.ORT_DISABLE_ALL)]
    public void Read_GraphLevel_IsThatOfTritonsBackend(int level, GraphOptimizationLevel expected)
    {
        ModelConfig config = new() { Optimization = new() { Graph = new() { Level = level } } };

        Assert.Equal(expected, RuntimeSettings.Read(config).Optimization);
    }

    [Fact]
    public void Read_NothingSet_IsTheServersOwn()
    {
        RuntimeOptions options = RuntimeSettings.Read(new ModelConfig());

        Assert.False(options.IsParallel);
        Assert.Equal(1, options.InterOpThreads);
        Assert.True(options.HasMemoryArena);
        Assert.True(options.HasMemoryPattern);
        Assert.Empty(options.Entries);
        Assert.Equal(1, RuntimeSettings.IntraOpThreads(new ModelConfig()));
    }

    [Fact]
    public void Read_ParametersOfTritonsBackend_AreTaken()
    {
        ModelConfig config = With(
            ("execution_mode", "1"),
            ("inter_op_thread_count", "3"),
            ("intra_op_thread_count", "2"),
            ("enable_mem_arena", "0"),
            ("enable_mem_pattern", "0"),
            ("session.intra_op.allow_spinning", "1")
        );

        RuntimeOptions options = RuntimeSettings.Read(config);

        Assert.True(options.IsParallel);
        Assert.Equal(3, options.InterOpThreads);
        Assert.False(options.HasMemoryArena);
        Assert.False(options.HasMemoryPattern);
        Assert.Equal("1", Assert.Single(options.Entries).Value);
        Assert.Equal(2, RuntimeSettings.IntraOpThreads(config));
    }

    [Theory]
    [InlineData("intra_op_thread_count", "-1")]
    [InlineData("intra_op_thread_count", "1.5")]
    [InlineData("inter_op_thread_count", "many")]
    [InlineData("execution_mode", "2")]
    [InlineData("enable_mem_arena", "true")]
    [InlineData("enable_mem_pattern", "")]
    [InlineData("session.set_denormal_as_zero", "0.5")]
    public async Task LoadAsync_ParameterOutOfRange_IsRefusedByName(string key, string value)
    {
        await using TestEngine test = await StartAsync(Text(key, value));

        Assert.Empty(test.Engine.Models);
        Assert.Contains($"parameter {key} is '", Assert.Single(test.Engine.Index).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("intra_op_thread_count", "0")]
    [InlineData("intra_op_thread_count", "2")]
    [InlineData("execution_mode", "1")]
    [InlineData("enable_mem_arena", "0")]
    [InlineData("enable_mem_pattern", "0")]
    [InlineData("session.use_device_allocator_for_initializers", "1")]
    public async Task InferAsync_UnderAParameter_AnswersAsWithoutIt(string key, string value)
    {
        await using TestEngine plain = await StartAsync("");
        await using TestEngine test = await StartAsync(Text(key, value));

        Assert.Equal("", Assert.Single(test.Engine.Index).Reason);
        Assert.Equal(await RunAsync(plain), await RunAsync(test));
    }

    [Fact]
    public async Task LoadAsync_Parameters_ReachTheSession()
    {
        await using TestEngine test = await StartAsync(
            Text("execution_mode", "1") + "optimization { graph { level: -1 } }"
        );

        RuntimeOptions options = test.Replica("m").Session.Settings.Runtime;

        Assert.True(options.IsParallel);
        Assert.Equal(Environment.ProcessorCount, options.InterOpThreads);
        Assert.Equal(GraphOptimizationLevel.ORT_ENABLE_BASIC, options.Optimization);
    }

    private static string Text(string key, string value) =>
        $$"""parameters { key: "{{key}}" value { string_value: "{{value}}" } } """;

    private static Task<TestEngine> StartAsync(string config) =>
        TestEngine.StartAsync(("m", FixtureModels.Mlp(4, 8, 2), "max_batch_size: 4 " + config));

    private static async Task<float[]> RunAsync(TestEngine test)
    {
        using OrleansInference.Grains.Interfaces.Inference.InferenceAnswer response = await test.InferAsync(
            TestEngine.Request("m", TestEngine.Floats("x", [1, 2, 3, 4], 1, 4))
        );
        return TestEngine.Floats(Assert.Single(response.Outputs));
    }

    private static ModelConfig With(params (string Key, string Value)[] parameters)
    {
        ModelConfig config = new();
        foreach ((string key, string value) in parameters)
        {
            config.Parameters.Add(key, new ModelParameter { StringValue = value });
        }
        return config;
    }
}
