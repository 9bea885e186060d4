using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Repository;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests;

public sealed class InferenceEngineTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StartAsync_ModelsOfEveryKind_ServesThemAsTheyAre()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("mlp", FixtureModels.Mlp(4, 8, 2, seed: 1), null),
            ("fixed", FixtureModels.FixedBatch(3), null),
            ("plain", FixtureModels.NoBatch(3), null),
            ("interact", FixtureModels.RowsInteract(2), null),
            ("free", FixtureModels.TwoDynamicDimensions(), null),
            ("optional", FixtureModels.OptionalInput(2), null)
        );

        Assert.All(test.Engine.Index, status => Assert.Equal(ModelState.Ready, status.State));
        Assert.All(
            test.Engine.Index.Where(status => status.Name != "interact"),
            status => Assert.Equal("", status.Reason)
        );
        Assert.Contains(
            "goes over the batch; say max_batch_size: N",
            test.Engine.Index.Single(status => status.Name == "interact").Reason,
            StringComparison.Ordinal
        );
        Assert.Equal(64, test.Replica("mlp").Signature.MaxBatchSize);
        Assert.Equal(64, test.Replica("free").Signature.MaxBatchSize);
        Assert.Equal(64, test.Replica("optional").Signature.MaxBatchSize);
        Assert.All(["fixed", "plain", "interact"], name => Assert.Equal(0, test.Replica(name).Signature.MaxBatchSize));
        Assert.Equal<float[]>([2f, 4, 6], await Run(test, "fixed", [1, 2, 3], 1, 3));
        Assert.Equal<float[]>([2f, 4, 6], await Run(test, "plain", [1, 2, 3], 3));
        Assert.Equal<float[]>([-1f, -1, 1, 1], await Run(test, "interact", [1, 2, 3, 4], 2, 2));
        Assert.Equal<float[]>([2f, 3, 4, 5, 6], await Run(test, "free", [1, 2, 3, 4, 5], 1, 5));
    }

    [Fact]
    public async Task InferAsync_OptionalInput_DefaultsWhenLeftOut()
    {
        await using TestEngine test = await TestEngine.StartAsync(("optional", FixtureModels.OptionalInput(2), null));

        Assert.Equal<float[]>([2f, 4], await Run(test, "optional", [1, 2], 1, 2));
        using InferenceAnswer scaled = await test.InferAsync(
            TestEngine.Request("optional", TestEngine.Floats("scale", [10], 1), TestEngine.Floats("x", [1, 2], 1, 2))
        );
        Assert.Equal([10f, 20], TestEngine.Floats(scaled.EnsureSuccess().Output("y")));
    }

    [Fact]
    public async Task InferAsync_ZeroRows_AnswersWithZeroRows()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("mlp", FixtureModels.Mlp(4, 8, 2, seed: 1), null),
            ("free", FixtureModels.TwoDynamicDimensions(), null)
        );

        using InferenceAnswer rows = (
            await test.InferAsync(TestEngine.Request("mlp", TestEngine.Floats("x", [], 0, 4)))
        ).EnsureSuccess();
        using InferenceAnswer columns = (
            await test.InferAsync(TestEngine.Request("free", TestEngine.Floats("x", [], 2, 0)))
        ).EnsureSuccess();

        Assert.Equal([0, 2], rows.Output("y").Shape.ToArray());
        Assert.Equal([2, 0], columns.Output("y").Shape.ToArray());
    }

    [Fact]
    public async Task LoadAsync_ABrokenModel_IsNamedAndTheOthersServe()
    {
        await using TestEngine test = new();
        test.Write("good", FixtureModels.NoBatch(1));
        test.Write("garbage", [1, 2, 3, 4]);
        test.Write("truncated", FixtureModels.Mlp(4, 8, 2, seed: 1)[..200]);
        test.Write("badconfig", FixtureModels.NoBatch(1), "max_batch_size: 0\nnonsense: 3\n");
        test.Write("disagrees", FixtureModels.NoBatch(1), "max_batch_size: 8\n");
        Directory.CreateDirectory(Path.Combine(test.Folder, "empty"));

        await test.Engine.StartAsync(Token);

        Assert.True(test.Engine.IsReady);
        Assert.Equal(["good"], test.Engine.Models.Select(replica => replica.Name));
        string Reason(string name) => test.Engine.Index.Single(status => status.Name == name).Reason;
        Assert.Contains("garbage", Reason("garbage"), StringComparison.Ordinal);
        Assert.Contains("config.pbtxt:2:1", Reason("badconfig"), StringComparison.Ordinal);
        Assert.Contains("set max_batch_size: 0", Reason("disagrees"), StringComparison.Ordinal);
        Assert.Contains("no version folder", Reason("empty"), StringComparison.Ordinal);
        using InferenceAnswer refused = await test.InferAsync(
            TestEngine.Request("truncated", TestEngine.Floats("x", [1], 1))
        );
        Assert.Equal(InferenceError.Unavailable, refused.Error);
    }

    [Fact]
    public async Task LoadAsync_ANewVersion_ReplacesTheOldOne()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.NoBatch(1), null));
        test.Write("m", FixtureModels.NoBatch(1), version: 2);

        await test.Engine.PollAsync(Token);

        Assert.Equal(["2"], test.Engine.ReadyVersions("m"));
        using InferenceAnswer old = await test.InferAsync(
            new InferenceCall
            {
                ModelName = "m",
                ModelVersion = "1",
                Inputs = [],
            }
        );
        Assert.Equal(InferenceError.NotFound, old.Error);
    }

    [Fact]
    public async Task LoadAsync_ABrokenNewVersion_LeavesTheOldOneServing()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.NoBatch(1), null));
        test.Write("m", [9, 9, 9], version: 2);

        Assert.False(await test.Engine.LoadAsync("m", Token));

        Assert.Equal<float[]>([2f], await Run(test, "m", [1], 1));
        Assert.Contains(test.Engine.Index, status => status.Name == "m" && status.State == ModelState.Unavailable);
    }

    [Fact]
    public async Task VersionPolicy_All_ServesEveryVersion()
    {
        await using TestEngine test = new();
        test.Write("m", FixtureModels.NoBatch(1), "version_policy { all { } }");
        test.Write("m", FixtureModels.NoBatch(1), version: 3);

        await test.Engine.StartAsync(Token);

        Assert.Equal(["1", "3"], test.Engine.ReadyVersions("m"));
        using InferenceAnswer response = await test.InferAsync(
            new InferenceCall
            {
                ModelName = "m",
                ModelVersion = "1",
                Inputs = [TestEngine.Floats("x", [4], 1)],
            }
        );
        Assert.Equal("1", response.EnsureSuccess().ModelVersion);
    }

    [Fact]
    public async Task Explicit_UnknownModel_FailsTheStartByName()
    {
        await using TestEngine test = new(options =>
        {
            options.Mode = ModelControlMode.Explicit;
            options.LoadModel.Add("nope");
        });
        test.Write("m", FixtureModels.NoBatch(1));

        ModelRepositoryException exception = await Assert.ThrowsAsync<ModelRepositoryException>(() =>
            test.Engine.StartAsync(Token)
        );

        Assert.Contains("--load-model nope", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MemoryLimit_TooSmall_RefusesWithTheSum()
    {
        await using TestEngine test = new(options => options.MemoryLimitMiB = 1);
        test.Write("m", FixtureModels.NoBatch(1));

        await test.Engine.StartAsync(Token);

        Assert.Contains("Engine:MemoryLimitMiB", test.Engine.Index.Single().Reason, StringComparison.Ordinal);
        Assert.Equal(0, test.Engine.Memory.Reserved);
    }

    [Fact]
    public async Task UnloadAsync_AModel_GivesItsMemoryBackAndRefuses()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.NoBatch(1), null));

        Assert.True(await test.Engine.UnloadAsync("m", Token));

        Assert.Equal(0, test.Engine.Memory.Reserved);
        using InferenceAnswer refused = await test.InferAsync(TestEngine.Request("m", TestEngine.Floats("x", [1], 1)));
        Assert.Equal(InferenceError.Unavailable, refused.Error);
        Assert.False(await test.Engine.UnloadAsync("m", Token));
    }

    [Fact]
    public async Task SetThreadsAsync_UnderLoad_LosesNothing()
    {
        await using TestEngine test = await TestEngine.StartAsync(("mlp", FixtureModels.Mlp(4, 8, 2, seed: 1), null));
        float[] expected = await Run(test, "mlp", [1, 2, 3, 4], 1, 4);
        using CancellationTokenSource stop = new();
        using CountdownEvent begun = new(4);
        Task<int>[] load =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        int answered = 0;
                        begun.Signal();
                        while (!stop.IsCancellationRequested || answered == 0)
                        {
                            float[] actual = await Run(test, "mlp", [1, 2, 3, 4], 1, 4);
                            for (int i = 0; i < 2; i++)
                            {
                                Assert.Equal(expected[i], actual[i], 1e-5f);
                            }
                            answered++;
                        }

                        return answered;
                    })
                ),
        ];

        Assert.True(begun.Wait(TimeSpan.FromSeconds(60), Token));
        foreach (int threads in new[] { 2, 1, 2 })
        {
            await test.Engine.Tuner.SetThreadsAsync(test.Replica("mlp"), threads, Token);
        }
        await stop.CancelAsync();

        Assert.All(await Task.WhenAll(load), answered => Assert.True(answered > 0));
        Assert.Equal(2, test.Replica("mlp").Threads);
        Assert.Equal(1, test.Replica("mlp").Limits.Concurrency);
    }

    [Theory]
    [InlineData(TensorDatatype.Fp32)]
    [InlineData(TensorDatatype.Bytes)]
    public async Task ConfigJson_NothingConfigured_IsCompletedFromTheFile(TensorDatatype datatype)
    {
        byte[] model = FixtureModels.Identity(
            datatype == TensorDatatype.Bytes
                ? Onnx.Messages.TensorProto.Types.DataType.String
                : Onnx.Messages.TensorProto.Types.DataType.Float,
            3
        );
        await using TestEngine test = await TestEngine.StartAsync(("m", model, null));

        using System.Text.Json.JsonDocument config = System.Text.Json.JsonDocument.Parse(
            test.Engine.ConfigJson(test.Replica("m"))
        );

        Assert.Equal("m", config.RootElement.GetProperty("name").GetString());
        Assert.Equal(64, config.RootElement.GetProperty("max_batch_size").GetInt32());
        Assert.Equal(
            datatype == TensorDatatype.Bytes ? "TYPE_STRING" : "TYPE_FP32",
            config.RootElement.GetProperty("input")[0].GetProperty("data_type").GetString()
        );
    }

    private static async Task<float[]> Run(TestEngine test, string model, float[] values, params long[] shape)
    {
        using InferenceAnswer response = (
            await test.InferAsync(TestEngine.Request(model, TestEngine.Floats("x", values, shape)))
        ).EnsureSuccess();
        return TestEngine.Floats(response.Output("y"));
    }
}
