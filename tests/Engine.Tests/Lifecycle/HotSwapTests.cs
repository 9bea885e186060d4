using System.Globalization;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Lifecycle;

public sealed class HotSwapTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Requests at 200 a second while three new versions come, one of them broken: none fails, and each answer is a
    /// version's own.
    /// </summary>
    [Fact]
    public async Task LoadAsync_UnderLoad_FailsNoRequest()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.Scale(1, 1), null));
        using CancellationTokenSource stop = new();
        Task<List<InferenceAnswer>> load = Task.Run(() => RequestsAsync(test, stop.Token), Token);

        test.Write("m", FixtureModels.Scale(1, 2), version: 2);
        Assert.True(await test.Engine.LoadAsync("m", Token));
        test.Write("m", [1, 2, 3], version: 3);
        Assert.False(await test.Engine.LoadAsync("m", Token));
        test.Write("m", FixtureModels.Scale(1, 4), version: 4);
        Assert.True(await test.Engine.LoadAsync("m", Token));
        await test.InferAsync(One());
        await stop.CancelAsync();
        List<InferenceAnswer> answers = await load;

        Assert.NotEmpty(answers);
        Assert.All(answers, answer => Assert.Equal((InferenceError.None, ""), (answer.Error, answer.ErrorMessage)));
        Assert.All(
            answers,
            answer =>
                Assert.Equal(
                    float.Parse(answer.ModelVersion, CultureInfo.InvariantCulture),
                    TestEngine.Floats(answer.Outputs[0])[0]
                )
        );
        Assert.Equal("4", (await test.InferAsync(One())).ModelVersion);
    }

    [Fact]
    public async Task LoadAsync_BrokenVersion_KeepsTheOldOneAndSaysWhy()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.Scale(1, 1), null));
        test.Write("m", [1, 2, 3], version: 2);

        Assert.False(await test.Engine.LoadAsync("m", Token));

        Assert.Equal("1", (await test.InferAsync(One())).EnsureSuccess().ModelVersion);
        Assert.Collection(
            test.Engine.Index,
            ready => Assert.Equal(("1", ModelState.Ready, ""), (ready.Version, ready.State, ready.Reason)),
            broken =>
            {
                Assert.Equal(("2", ModelState.Unavailable), (broken.Version, broken.State));
                Assert.StartsWith("failed to load 'm' version 2: ", broken.Reason, StringComparison.Ordinal);
            }
        );
    }

    [Fact]
    public async Task LoadAsync_UnchangedVersionBesideANewOne_IsNotLoadedAgain()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("m", FixtureModels.Scale(1, 1), "version_policy { all { } }")
        );
        object first = test.Replica("m", "1");
        test.Write("m", FixtureModels.Scale(1, 2), version: 2);

        Assert.True(await test.Engine.LoadAsync("m", Token));

        Assert.Same(first, test.Replica("m", "1"));
        Assert.Equal(["1", "2"], test.Engine.ReadyVersions("m"));
        Assert.Equal(2, test.Engine.Loads);
    }

    private static InferenceCall One() => TestEngine.Request("m", TestEngine.Floats("x", [1], 1, 1));

    private static async Task<List<InferenceAnswer>> RequestsAsync(TestEngine test, CancellationToken stop)
    {
        List<Task<InferenceAnswer>> answers = [];
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(5));
        do
        {
            answers.Add(test.InferAsync(One(), Token));
        } while (!stop.IsCancellationRequested && await timer.WaitForNextTickAsync(Token));
        return [.. await Task.WhenAll(answers)];
    }
}
