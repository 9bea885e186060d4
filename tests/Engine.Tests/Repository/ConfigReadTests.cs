using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Repository;

/// <summary>Configurations by name, and configurations that must say everything.</summary>
public sealed class ConfigReadTests
{
    private const string Complete = """
        backend: "onnxruntime"
        max_batch_size: 4
        input { name: "x" data_type: TYPE_FP32 dims: 2 }
        output { name: "y" data_type: TYPE_FP32 dims: 2 }
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PollAsync_ANamedConfigurationThatComesAndGoes_IsFollowed()
    {
        await using TestEngine test = new(options =>
        {
            options.Mode = ModelControlMode.Poll;
            options.ModelConfigName = "custom";
        });
        test.Write("m", FixtureModels.Scale(2, 2), "max_batch_size: 4");
        await test.Engine.StartAsync(Token);
        int[] rows = [test.Replica("m").Signature.MaxBatchSize, 0, 0];
        string configs = Directory.CreateDirectory(Path.Combine(test.Folder, "m", "configs")).FullName;
        File.WriteAllText(Path.Combine(configs, "custom.pbtxt"), "max_batch_size: 7");
        File.WriteAllText(Path.Combine(configs, "other.pbtxt"), "max_batch_size: 9");

        await test.Engine.PollAsync(Token);
        rows[1] = test.Replica("m").Signature.MaxBatchSize;
        File.Delete(Path.Combine(configs, "custom.pbtxt"));
        await test.Engine.PollAsync(Token);
        rows[2] = test.Replica("m").Signature.MaxBatchSize;

        Assert.Equal([4, 7, 4], rows);
    }

    [Fact]
    public async Task StartAsync_StrictAndComplete_Serves()
    {
        await using TestEngine test = Strict(Complete);

        await test.Engine.StartAsync(Token);

        Assert.Equal(4, test.Replica("m").Signature.MaxBatchSize);
    }

    [Theory]
    [InlineData(null, "failed to open text file for read")]
    [InlineData("", "must specify 'platform' or 'backend'")]
    [InlineData("backend: \"onnxruntime\"", "must specify 'input'")]
    [InlineData("backend: \"onnxruntime\" input { name: \"x\" }", "must specify 'output'")]
    [InlineData(
        "backend: \"onnxruntime\" input { name: \"x\" dims: 2 } output { name: \"y\" }",
        "model input 'x' must specify 'data_type'"
    )]
    [InlineData(
        "backend: \"onnxruntime\" input { name: \"x\" data_type: TYPE_FP32 } output { name: \"y\" }",
        "model input 'x' must specify 'dims'"
    )]
    public async Task StartAsync_StrictAndSomethingLeftOut_IsRefusedByName(string? config, string expected)
    {
        await using TestEngine test = Strict(config);

        await test.Engine.StartAsync(Token);

        ModelStatus line = Assert.Single(test.Engine.Index);
        Assert.Equal(ModelState.Unavailable, line.State);
        Assert.Contains(expected, line.Reason, StringComparison.Ordinal);
    }

    private static TestEngine Strict(string? config)
    {
        TestEngine test = new(options => options.StrictModelConfig = true);
        test.Write("m", FixtureModels.Scale(2, 2), config);
        return test;
    }
}
