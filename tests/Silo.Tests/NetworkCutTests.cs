using System.Text.Json;
using OrleansInference.Onnx.Samples;
using OrleansInference.Silo.Tests.Jobs;

namespace OrleansInference.Silo.Tests;

/// <summary>The network between two of three nodes is cut in the middle of a job.</summary>
public sealed class NetworkCutTests : IAsyncLifetime
{
    private const int Rows = 40_000;

    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;
    private readonly string _root = Directory.CreateTempSubdirectory("jobs").FullName;
    private readonly List<SiloProcess> _silos = [];
    private NetworkNamespaces? _hosts;
    private RedisProcess? _redis;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        RedisProcess.Require();
        Assert.SkipUnless(NetworkNamespaces.Obstacle.Length == 0, NetworkNamespaces.Obstacle);
        _hosts = await NetworkNamespaces.CreateAsync(3);
        Assert.SkipUnless(_hosts is not null, "this machine allows no network namespaces");
        string version = Directory.CreateDirectory(Path.Combine(_models, "scale", "1")).FullName;
        await File.WriteAllBytesAsync(
            Path.Combine(version, "model.onnx"),
            FixtureModels.Scale(FloatRows.Width, 2f),
            Token
        );
        await FloatRows.WriteAsync(Path.Combine(_root, "in.npy"), Rows);
        _redis = await RedisProcess.StartNewAsync();
        await _hosts!.ReachAsync(_redis.Port, Token);
        for (int i = 0; i < 3; i++)
        {
            _silos.Add(
                await SiloProcess.StartInAsync(
                    _hosts!,
                    i,
                    _models,
                    "--name",
                    $"s{i}",
                    "--redis",
                    $"{_hosts!.Bridge}:{_redis.Port}",
                    "--jobs-root",
                    _root,
                    "--Jobs:PeriodMilliseconds=100"
                )
            );
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SiloProcess silo in _silos)
        {
            await silo.DisposeAsync();
        }
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
        if (_hosts is not null)
        {
            await _hosts.DisposeAsync();
        }
        Directory.Delete(_models, recursive: true);
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Cut_TwoNodesFromEachOther_OnePlanWinsNoRowIsWrongAndItHeals()
    {
        await UntilAsync(state => state.GetProperty("nodes").GetArrayLength() == 3 && Routed(state) == 3);
        await JobCalls.StartAsync(
            _silos[0],
            """{"id":"cut","model":"scale","input":"in.npy","output":"out.npy","rows_per_shard":200,"rows_per_request":16,"max_parallel_shards":3}"""
        );
        await JobCalls.UntilAsync(() => _silos[0], "cut", job => job.GetProperty("shards_done").GetInt32() >= 10);

        await _hosts!.CutAsync(1, 2);
        JsonElement before = await StateAsync(_silos[0]);
        // Long enough for probes to fail and votes to be cast.
        await Task.Delay(TimeSpan.FromSeconds(20), Token);
        foreach (SiloProcess silo in _silos)
        {
            await AssertServesAsync(silo);
        }
        await _hosts.HealAsync(1, 2);

        await JobCalls.EndAsync(() => _silos[0], "cut");
        FloatRows.AssertDoubled(Path.Combine(_root, "out.npy"), Rows);
        JsonElement healed = await UntilAsync(state =>
            state.GetProperty("nodes").GetArrayLength() == 3
            && Routed(state) == 3
            && state
                .GetProperty("nodes")
                .EnumerateArray()
                .Select(node => node.GetProperty("plan_epoch").GetInt64())
                .Append(state.GetProperty("epoch").GetInt64())
                .Distinct()
                .Count() == 1
        );
        // The very processes that were cut are in it: nobody was restarted.
        Assert.Equal(Addresses(before), Addresses(healed));
        foreach (SiloProcess silo in _silos)
        {
            await AssertServesAsync(silo);
        }
    }

    private static string[] Addresses(JsonElement state) =>
        [
            .. state
                .GetProperty("nodes")
                .EnumerateArray()
                .Select(node => node.GetProperty("address").GetString()!)
                .Order(StringComparer.Ordinal),
        ];

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

    private static async Task AssertServesAsync(SiloProcess silo)
    {
        using HttpResponseMessage answer = await silo.Http.PostAsync(
            "/v2/models/scale/infer",
            new StringContent("""{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}"""),
            Token
        );
        string text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.IsSuccessStatusCode, text);
        Assert.Contains("\"data\":[2,4,6]", text, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> StateAsync(SiloProcess silo)
    {
        using JsonDocument state = JsonDocument.Parse(await silo.Http.GetStringAsync("/v2/cluster", Token));
        return state.RootElement.Clone();
    }

    private async Task<JsonElement> UntilAsync(Func<JsonElement, bool> reached)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100));
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(90));
        JsonElement state = default;
        try
        {
            while (await timer.WaitForNextTickAsync(limit.Token))
            {
                try
                {
                    state = await StateAsync(_silos[0]);
                    if (reached(state))
                    {
                        return state;
                    }
                }
                catch (HttpRequestException)
                {
                    // The director is out of reach for now.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Said below.
        }

        throw new TimeoutException($"{state}\n{string.Join("\n--\n", _silos.Select(silo => silo.Output))}");
    }
}
