using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Sessions;
using OrleansInference.Engine.Tests.Repository.Configuration;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Reading;
using OrleansInference.Onnx.Samples;
using OrleansInference.Protocol;

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

    [Fact]
    public void Samples_ABatch_RepeatsItsRow()
    {
        ModelConfig config = ConfigText.Parse(
            """
            model_warmup { name: "one" batch_size: 3 count: 2 inputs { key: "x" value { data_type: TYPE_FP32 dims: 4 random_data: true } } }
            """
        );

        WarmupSample sample = Assert.Single(ConfiguredWarmup.Samples(config, Signature, folder: ""));

        Assert.Equal(("one", 3, 2, 1), (sample.Name, sample.Rows, sample.Count, sample.Row.Rows));
        Assert.Equal([1, 4], sample.Row.Inputs[0]!.Shape.ToArray());
    }

    [Fact]
    public void Samples_WhatASequenceRemembers_MayBeLeftOut()
    {
        ModelConfig config = ConfigText.Parse(
            """
            sequence_batching { state { input_name: "x" output_name: "y" } } model_warmup { name: "first" }
            """
        );

        WarmupSample sample = Assert.Single(ConfiguredWarmup.Samples(config, Signature, folder: ""));

        Assert.Equal(new byte[16], sample.Row.Inputs[0]!.Data.ToArray());
    }

    [Fact]
    public async Task LoadAsync_AModelThatFailsOnTheSample_IsNotServedAndSaysWhich()
    {
        byte[] model = new OnnxGraphBuilder("picked")
            .Input("x", TensorProto.Types.DataType.Int64, "batch", 1)
            .Initializer(OnnxTensor.Of<long>("table", [1, 2, 3], 3))
            .Node("Gather", ["table", "x"], ["y"])
            .Output("y", TensorProto.Types.DataType.Int64, "batch", 1)
            .ToBytes();
        const string Config =
            "max_batch_size: 2 model_warmup { name: \"far\" inputs { key: \"x\" value { data_type: TYPE_INT64 dims: 1 "
            + "input_data_file: \"far\" } } }";
        await using TestEngine test = new();
        test.Write("m", model, Config);
        Directory.CreateDirectory(Path.Combine(test.Folder, "m", "warmup"));
        await File.WriteAllBytesAsync(
            Path.Combine(test.Folder, "m", "warmup", "far"),
            BitConverter.GetBytes(9L),
            Token
        );
        await test.Engine.StartAsync(Token);

        Assert.Empty(test.Engine.Models);
        string reason = Assert.Single(test.Engine.Index).Reason;
        Assert.Contains("failed to run warmup sample 'far': ", reason, StringComparison.Ordinal);
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

    private static ModelSignature Signature { get; } =
        new()
        {
            Inputs =
            [
                new TensorSpec
                {
                    Name = "x",
                    Datatype = TensorDatatype.Fp32,
                    Dimensions = [-1, 4],
                    IsBatched = true,
                },
            ],
            Outputs = [],
            MaxBatchSize = 8,
        };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<TestEngine> StartAsync(string data, byte[] file, int dims)
    {
        TestEngine test = new();
        test.Write(
            "m",
            FixtureModels.Mlp(4, 8, 2),
            $$"""
            max_batch_size: 8
            model_warmup { name: "sample" batch_size: 3 count: 2 inputs { key: "x" value { data_type: TYPE_FP32 dims: {{dims}} {{data}} } } }
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
