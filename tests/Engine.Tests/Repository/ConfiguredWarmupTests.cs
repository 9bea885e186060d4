using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Repository;

public sealed class ConfiguredWarmupTests
{
    [Theory]
    [InlineData("zero_data: true")]
    [InlineData("random_data: true")]
    [InlineData("input_data_file: \"row.bin\"")]
    public async Task LoadAsync_WarmupSample_RunsBeforeReady(string data)
    {
        await using TestEngine test = await StartAsync(data, new byte[16], dims: 4);

        Assert.Single(test.Engine.Models);
    }

    [Theory]
    [InlineData("zero_data: true", 16, 3, "has dims [3], the model takes [-1,4]")]
    [InlineData("input_data_file: \"row.bin\"", 12, 4, "has 12 bytes, which do not fit")]
    [InlineData("input_data_file: \"../row.bin\"", 16, 4, "must be a file name without a folder")]
    [InlineData("input_data_file: \"absent.bin\"", 16, 4, "there is no warmup/absent.bin")]
    public async Task LoadAsync_WrongWarmupSample_IsNotServedAndSaysWhy(
        string data,
        int bytes,
        int dims,
        string expected
    )
    {
        await using TestEngine test = await StartAsync(data, new byte[bytes], dims);

        Assert.Empty(test.Engine.Models);
        Assert.Contains(expected, Assert.Single(test.Engine.Index).Reason, StringComparison.Ordinal);
    }

    private static async Task<TestEngine> StartAsync(string data, byte[] file, int dims)
    {
        TestEngine test = new();
        test.Write(
            "m",
            FixtureModels.Mlp(4, 8, 2),
            $$"""
            max_batch_size: 8
            model_warmup { name: "sample" batch_size: 1 count: 2 inputs { key: "x" value { data_type: TYPE_FP32 dims: {{dims}} {{data}} } } }
            """
        );
        Directory.CreateDirectory(Path.Combine(test.Folder, "m", "warmup"));
        await File.WriteAllBytesAsync(
            Path.Combine(test.Folder, "m", "warmup", "row.bin"),
            file,
            TestContext.Current.CancellationToken
        );
        await test.Engine.StartAsync(TestContext.Current.CancellationToken);
        return test;
    }
}
