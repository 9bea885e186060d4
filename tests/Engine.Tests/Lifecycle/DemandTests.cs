using System.Diagnostics;
using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Lifecycle;

public sealed class DemandTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// 200 models where 50 fit, requested by Zipf's law: all served, memory within its bound, few threads.
    /// </summary>
    [Fact]
    public async Task InferAsync_MoreModelsThanMemory_ServesAllWithinTheBound()
    {
        await using TestEngine test = new(options =>
            (options.Mode, options.MemoryLimitMiB) = (ModelControlMode.Demand, 50 * 4 + 1)
        );
        for (int i = 0; i < 200; i++)
        {
            test.Write($"m{i}", FixtureModels.Scale(1, i));
        }
        await test.Engine.StartAsync(Token);
        int[] order = Zipf(200, 3000);
        int next = -1;
        long mostReserved = 0;
        int mostThreads = 0;

        await Task.WhenAll(
            Enumerable
                .Range(0, 16)
                .Select(worker =>
                    Task.Run(
                        async () =>
                        {
                            while (Interlocked.Increment(ref next) is var turn && turn < order.Length)
                            {
                                InferenceAnswer response = await test.InferAsync(
                                    TestEngine.Request($"m{order[turn]}", TestEngine.Floats("x", [1], 1, 1))
                                );
                                Assert.Equal(order[turn], TestEngine.Floats(response.EnsureSuccess().Outputs[0])[0]);
                                mostReserved = Math.Max(mostReserved, test.Engine.Memory.Reserved);
                                if (turn % 100 == 0)
                                {
                                    mostThreads = Math.Max(mostThreads, Threads());
                                }
                            }
                        },
                        Token
                    )
                )
        );

        Assert.InRange(mostReserved, 1, test.Engine.Memory.Capacity);
        Assert.InRange(test.Engine.Models.Count, 1, 50);
        Assert.InRange(mostThreads, 1, 64);
        Assert.InRange(test.Engine.Evictions, 100, long.MaxValue);
        Assert.Contains(
            test.Engine.Index,
            line =>
                line.State == ModelState.Unavailable
                && line.Reason.StartsWith(
                    "evicted, as the least used model, to make room for '",
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public async Task InferAsync_ManyForOneColdModel_LoadsItOnce()
    {
        await using TestEngine test = await StartAsync(("m", null));

        InferenceAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => test.InferAsync(One("m"))));

        Assert.All(answers, answer => Assert.Equal(InferenceError.None, answer.Error));
        Assert.Equal(1, test.Engine.Loads);
        Assert.True(answers[0].Timings.Load > TimeSpan.Zero);
    }

    [Fact]
    public async Task InferAsync_NoSuchModel_IsRefusedAndForgotten()
    {
        await using TestEngine test = await StartAsync(("m", null));

        InferenceAnswer response = await test.InferAsync(One("../m"));

        Assert.Equal(InferenceError.NotFound, response.Error);
        Assert.Empty(test.Engine.Index);
    }

    [Fact]
    public async Task InferAsync_BrokenModel_IsRefusedWithTheReasonAndNotTriedAgainAtOnce()
    {
        await using TestEngine test = await StartAsync();
        test.Write("broken", [1, 2, 3]);

        InferenceAnswer first = await test.InferAsync(One("broken"));
        test.Write("broken", FixtureModels.Scale(1, 1));
        InferenceAnswer second = await test.InferAsync(One("broken"));

        Assert.Equal(InferenceError.Unavailable, first.Error);
        Assert.Contains("load failed for model 'broken': version 1", first.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(first.ErrorMessage, second.ErrorMessage);
    }

    [Fact]
    public async Task InferAsync_PinnedModels_AreNotEvicted()
    {
        await using TestEngine test = await StartAsync(
            ("pinned", "parameters { key: \"pinned\" value { string_value: \"true\" } }"),
            ("other", null),
            ("third", null)
        );
        await test.InferAsync(One("pinned"));
        await test.InferAsync(One("other"));
        for (int i = 0; i < 10; i++)
        {
            (await test.InferAsync(One("other"))).EnsureSuccess();
        }

        (await test.InferAsync(One("third"))).EnsureSuccess();

        Assert.Equal(["pinned", "third"], test.Engine.Models.Select(model => model.Name));
    }

    [Fact]
    public async Task InferAsync_NothingLeftToEvict_IsRefusedWithTheSum()
    {
        const string Pinned = "parameters { key: \"pinned\" value { string_value: \"true\" } }";
        await using TestEngine test = await StartAsync(("a", Pinned), ("b", Pinned), ("c", null));
        (await test.InferAsync(One("a"))).EnsureSuccess();
        (await test.InferAsync(One("b"))).EnsureSuccess();

        InferenceAnswer response = await test.InferAsync(One("c"));

        Assert.Equal(InferenceError.Unavailable, response.Error);
        Assert.Contains("Engine:MemoryLimitMiB", response.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SweepAsync_IdleModel_IsUnloadedAndComesBack()
    {
        await using TestEngine test = await StartAsync(
            ("m", "parameters { key: \"idle_ttl_seconds\" value { string_value: \"0.000001\" } }")
        );
        (await test.InferAsync(One("m"))).EnsureSuccess();

        await test.Engine.SweepAsync();

        Assert.Empty(test.Engine.Models);
        Assert.Contains("not used for", Assert.Single(test.Engine.Index).Reason, StringComparison.Ordinal);
        (await test.InferAsync(One("m"))).EnsureSuccess();
        Assert.Equal(2, test.Engine.Loads);
    }

    [Fact]
    public async Task UnloadAsync_ByRequest_HoldsUntilLoadedByRequest()
    {
        await using TestEngine test = await StartAsync(("m", null));
        (await test.InferAsync(One("m"))).EnsureSuccess();
        await test.Engine.UnloadAsync("m", Token);

        InferenceAnswer refused = await test.InferAsync(One("m"));
        await test.Engine.LoadAsync("m", Token);

        Assert.Contains("unloaded by request", refused.ErrorMessage, StringComparison.Ordinal);
        (await test.InferAsync(One("m"))).EnsureSuccess();
    }

    private static async Task<TestEngine> StartAsync(params (string Name, string? Config)[] models)
    {
        TestEngine test = new(options => (options.Mode, options.MemoryLimitMiB) = (ModelControlMode.Demand, 9));
        foreach ((string name, string? config) in models)
        {
            test.Write(name, FixtureModels.Scale(1, 1), config);
        }
        await test.Engine.StartAsync(Token);
        return test;
    }

    private static InferenceCall One(string model) => TestEngine.Request(model, TestEngine.Floats("x", [1], 1, 1));

    private static int Threads()
    {
        using Process process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }

    private static int[] Zipf(int models, int requests)
    {
        Random random = new(7);
        double[] weights = [.. Enumerable.Range(1, models).Select(rank => 1.0 / rank)];
        double sum = weights.Sum();
        return [.. Enumerable.Range(0, requests).Select(_ => Pick(random.NextDouble() * sum))];

        int Pick(double at)
        {
            int index = 0;
            while (index < models - 1 && (at -= weights[index]) > 0)
            {
                index++;
            }
            return index;
        }
    }
}
