using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansInference.Routing.Calls;

namespace OrleansInference.Silo.Tests;

/// <summary>Silo processes of one cluster, over one repository, and an SDK client of it.</summary>
public sealed class SiloCluster : IAsyncDisposable
{
    private readonly string _models;
    private readonly RedisProcess? _redis;
    private readonly string[] _options;
    private IHost? _client;
    private int _started;

    private SiloCluster(string models, RedisProcess? redis, string[] options)
    {
        _models = models;
        _redis = redis;
        _options = options;
    }

    public List<SiloProcess> Silos { get; } = [];

    public IInferenceClient Client => _client!.Services.GetRequiredService<IInferenceClient>();

    public T ClientService<T>()
        where T : notnull => _client!.Services.GetRequiredService<T>();

    /// <summary>
    /// Starts silos named s0, s1 …, the later ones side by side, and waits until the director has them all.
    /// </summary>
    public static async Task<SiloCluster> StartAsync(
        int count,
        string models,
        RedisProcess? redis,
        params string[] options
    )
    {
        SiloCluster cluster = new(models, redis, options);
        try
        {
            await cluster.AddAsync();
            await Task.WhenAll(Enumerable.Range(1, count - 1).Select(_ => cluster.AddAsync()));
            await cluster.UntilAsync(state => state.GetProperty("nodes").GetArrayLength() == count);
            await cluster.ConnectAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more.</summary>
    public async Task<SiloProcess> AddAsync()
    {
        string name;
        string[] join;
        lock (Silos)
        {
            name = $"s{_started++}";
            join =
                _redis is not null ? ["--redis", _redis.Address]
                : Silos.Count > 0 ? ["--join", $"127.0.0.1:{Silos[0].SiloPort}"]
                : [];
        }

        SiloProcess silo = await SiloProcess.StartAsync(_models, ["--name", name, .. join, .. _options]);
        lock (Silos)
        {
            Silos.Add(silo);
        }
        return silo;
    }

    /// <summary>The state of the cluster, as a silo tells it.</summary>
    public async Task<JsonElement> StateAsync(SiloProcess? silo = null)
    {
        using JsonDocument state = JsonDocument.Parse(await (silo ?? Silos[0]).Http.GetStringAsync("/v2/cluster"));
        return state.RootElement.Clone();
    }

    /// <summary>
    /// Asks again and again until the state satisfies a condition: other processes give no event to wait for.
    /// </summary>
    public async Task<JsonElement> UntilAsync(Func<JsonElement, bool> reached, SiloProcess? silo = null)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        JsonElement state = default;
        try
        {
            do
            {
                try
                {
                    state = await StateAsync(silo);
                    if (reached(state))
                    {
                        return state;
                    }
                }
                catch (HttpRequestException)
                {
                    // The director is on its way to another node.
                }
            } while (await timer.WaitForNextTickAsync(limit.Token));
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(
                $"The cluster did not get there; it is:\n{state}\n{string.Join("\n--\n", Silos.Select(process => process.Output))}"
            );
        }

        return state;
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.StopAsync();
            _client.Dispose();
        }

        foreach (SiloProcess silo in Silos)
        {
            await silo.DisposeAsync();
        }
    }

    private async Task ConnectAsync()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddInferenceClient().UseOrleans(new IPEndPoint(IPAddress.Loopback, Silos[0].GatewayPort));
        _client = builder.Build();
        await _client.StartAsync();
        RequestRouter router = ClientService<RequestRouter>();
        await UntilAsync(_ => router.Snapshot.Nodes.Count == Silos.Count);
    }
}
