using OrleansInference.Engine.Emulation;
using OrleansInference.Engine.Repository;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Emulation;

public sealed class EmulationTests : IDisposable
{
    private readonly string _profile = Path.GetTempFileName();

    public void Dispose() => File.Delete(_profile);

    [Theory]
    [InlineData(1, 5)]
    [InlineData(8, 20)]
    [InlineData(4, 11.428571)]
    [InlineData(12, 40)]
    [InlineData(24, 100)]
    public void Run_BetweenAndBeyondTheEntries_IsOnTheLine(int rows, double expected) =>
        Assert.Equal(expected, new ModelProfile(
                new Dictionary<int, double>
                {
                    [1] = 5,
                    [8] = 20,
                    [16] = 60,
                },
                0,
                0
            ).Run(rows).TotalMilliseconds, 1e-3);

    [Fact]
    public void Run_ASingleEntry_IsInProportion() =>
        Assert.Equal(
            10,
            new ModelProfile(new Dictionary<int, double> { [2] = 5 }, 0, 0).Run(4).TotalMilliseconds,
            1e-6
        );

    [Theory]
    [InlineData("{}", "key was not present")]
    [InlineData("nonsense", "is an invalid")]
    [InlineData("""{"memory_mib":1}""", "key was not present")]
    [InlineData("""{"memory_mib":1,"lanes":0,"models":{}}""", "lanes must be from 1 to 1024")]
    [InlineData("""{"memory_mib":1,"models":{"*":{"batch_ms":{}}}}""", "at least one is needed")]
    [InlineData("""{"memory_mib":1,"models":{"*":{"batch_ms":{"1":-5}}}}""", "-5 ms for 1 rows")]
    public void Read_AWrongFile_NamesFileAndReason(string json, string expected)
    {
        File.WriteAllText(_profile, json);

        ModelRepositoryException exception = Assert.Throws<ModelRepositoryException>(() =>
            DeviceProfile.Read(_profile)
        );

        Assert.Contains(_profile, exception.Message, StringComparison.Ordinal);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InferAsync_OnAnEmulatedDevice_TakesItsTimeAndItsMemoryAndSaysSo()
    {
        await File.WriteAllTextAsync(
            _profile,
            """{"name":"box","memory_mib":100,"models":{"mlp":{"batch_ms":{"1":8},"memory_mib":60},"*":{"batch_ms":{"1":1},"memory_mib":60}}}""",
            TestContext.Current.CancellationToken
        );
        await using TestEngine test = new(options =>
            (options.ExecutionProvider.Provider, options.ExecutionProvider.Profile) = ("emulated", _profile)
        );
        test.Write("mlp", FixtureModels.Mlp(4, 8, 2, seed: 1), "max_batch_size: 8");
        test.Write("other", FixtureModels.Mlp(4, 8, 2, seed: 1), "max_batch_size: 8");
        await test.Engine.StartAsync(TestContext.Current.CancellationToken);

        // A run right behind another one makes up for what timers were late with that; behind a pause it takes its own
        // time. The engine's own runs of the model may come in between, so that one of three must have been behind a pause.
        TimeSpan longest = TimeSpan.Zero;
        for (int i = 0; i < 3; i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            using InferenceAnswer response = await test.InferAsync(
                TestEngine.Request("mlp", TestEngine.Floats("x", new float[8], 2, 4))
            );
            Assert.Equal(InferenceError.None, response.Error);
            Assert.Equal(new float[4], TestEngine.Floats(response.Outputs[0]));
            longest = response.Timings.ComputeInfer > longest ? response.Timings.ComputeInfer : longest;
        }

        Assert.True(longest >= TimeSpan.FromMilliseconds(8), $"{longest}");
        Assert.Equal(EmulatedDevice.Provider, test.Replica("mlp").ExecutionProvider);
        Assert.Equal([EmulatedDevice.Provider], test.Engine.Devices);
        Assert.Equal(60L << 20, test.Engine.Memory.Reserved);
        Assert.Contains(
            test.Engine.Index,
            line => line.Name == "other" && line.Reason.Contains("100 MiB", StringComparison.Ordinal)
        );
    }
}
