using System.Text.Json;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests;

/// <summary>Nodes come, go and die under 200 requests a second.</summary>
public sealed class FailureTests : IAsyncLifetime
{
    private const int Rate = 200;

    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;
    private RedisProcess? _redis;
    private SiloCluster _cluster = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        RedisProcess.Require();
        string version = Directory.CreateDirectory(Path.Combine(_models, "scale", "1")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(version, "model.onnx"), FixtureModels.Scale(3, 2f), Token);
        _redis = await RedisProcess.StartNewAsync();
        _cluster = await SiloCluster.StartAsync(3, _models, _redis);
        await _cluster.UntilAsync(state => Routed(state) == 3);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
        Directory.Delete(_models, recursive: true);
    }

    [Fact]
    public async Task Add_ANodeUnderLoad_TakesItsShareWithoutAFailedRequest()
    {
        await using SteadyLoad load = new(_cluster.Client, "scale", 2f, Rate);
        await load.AnsweredAsync(Rate);

        SiloProcess added = await _cluster.AddAsync();
        double ready = load.Now;
        await _cluster.UntilAsync(state => Served(state, "s3") > 0);
        double share = load.Now - ready;
        await load.AnsweredAsync(Rate);

        AssertServed(await load.StopAsync(), failed: 0);
        Assert.True(share < 5, $"it took {share:F1} s from ready to the first request");
    }

    [Fact]
    public async Task Drain_ANodeUnderLoad_FailsNothing()
    {
        await using SteadyLoad load = new(_cluster.Client, "scale", 2f, Rate);
        await load.AnsweredAsync(Rate);

        (await _cluster.Silos[0].Http.PostAsync("/v2/cluster/nodes/s1/drain", null, Token)).EnsureSuccessStatusCode();
        await load.AnsweredAsync(2 * Rate);
        JsonElement drained = await _cluster.StateAsync();
        await load.AnsweredAsync(2 * Rate);
        JsonElement later = await _cluster.StateAsync();

        AssertServed(await load.StopAsync(), failed: 0);
        Assert.Equal(Served(drained, "s1"), Served(later, "s1"));
    }

    [Fact]
    public async Task Terminate_ANodeUnderLoad_FailsNothing()
    {
        await using SteadyLoad load = new(_cluster.Client, "scale", 2f, Rate);
        await load.AnsweredAsync(Rate);

        Assert.Equal(0, await _cluster.Silos[1].TerminateAsync());
        await load.AnsweredAsync(2 * Rate);

        AssertServed(await load.StopAsync(), failed: 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Kill_ANodeUnderLoad_FailsAtMostOneInTwoHundredAndRecovers(bool director)
    {
        string home = (await _cluster.StateAsync()).GetProperty("director").GetString()!;
        int victim =
            director ? int.Parse(home[1..], System.Globalization.CultureInfo.InvariantCulture)
            : home == "s1" ? 2
            : 1;
        await using SteadyLoad load = new(_cluster.Client, "scale", 2f, Rate);
        await load.AnsweredAsync(2 * Rate);

        double killed = load.Now;
        await _cluster.Silos[victim].KillAsync();
        await load.AnsweredAsync(10 * Rate);

        IReadOnlyList<(double At, double Took, string? Failure)> answers = await load.StopAsync();
        AssertServed(answers, failed: answers.Count / 200);
        // Recovered: what was sent from 5 s after it on was answered, and promptly.
        Assert.All(
            answers.Where(answer => answer.At > killed + 5),
            answer => Assert.True(answer.Failure is null && answer.Took < 1, $"{answer.Took:F2} s {answer.Failure}")
        );
        Assert.All(answers, answer => Assert.True(answer.Took < 5, $"a request took {answer.Took:F1} s"));
    }

    [Fact]
    public async Task Redis_AwayForAWhile_ServingGoesOn()
    {
        TimeSpan away = TimeSpan.FromSeconds(
            Environment.GetEnvironmentVariable("ORLEANS_INFERENCE_FULL") is null ? 8 : 30
        );
        await using SteadyLoad load = new(_cluster.Client, "scale", 2f, Rate);
        await load.AnsweredAsync(Rate);

        await _redis!.StopAsync();
        await load.AnsweredAsync((int)(away.TotalSeconds * Rate));
        await _redis.StartAsync();
        await load.AnsweredAsync(5 * Rate);

        AssertServed(await load.StopAsync(), failed: 0);
        await _cluster.UntilAsync(state => state.GetProperty("nodes").GetArrayLength() == 3 && Routed(state) == 3);
    }

    private static void AssertServed(IReadOnlyList<(double At, double Took, string? Failure)> answers, int failed)
    {
        string[] failures =
        [
            .. answers
                .Where(answer => answer.Failure is not null)
                .Select(answer => $"{answer.At:F2} s: {answer.Failure}"),
        ];
        Assert.DoesNotContain(failures, failure => failure.Contains("WRONG", StringComparison.Ordinal));
        Assert.True(
            failures.Length <= failed,
            $"{failures.Length} of {answers.Count} failed, allowed are {failed}:\n{string.Join('\n', failures.Take(20))}"
        );
    }

    private static int Routed(JsonElement state) =>
        state
            .GetProperty("models")
            .EnumerateArray()
            .Sum(model =>
                model
                    .GetProperty("replicas")
                    .EnumerateArray()
                    .Count(replica => replica.GetProperty("routed").GetBoolean())
            );

    private static long Served(JsonElement state, string node) =>
        state
            .GetProperty("nodes")
            .EnumerateArray()
            .Where(entry => entry.GetProperty("name").GetString() == node)
            .Sum(entry => entry.GetProperty("requests_served").GetInt64());
}
