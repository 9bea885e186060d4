using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;
using OrleansInference.Engine;
using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Hosting;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Grains.Tests;

/// <summary>
/// Silos in this process, the first of them over a repository of the test's own, the others over empty ones.
/// </summary>
internal sealed class ServedCluster : IAsyncDisposable
{
    private readonly string[] _folders;
    private readonly InProcessTestCluster _cluster;

    private ServedCluster(string[] folders, InProcessTestCluster cluster)
    {
        _folders = folders;
        _cluster = cluster;
    }

    public InferenceEngine Engine => Service<InferenceEngine>();

    public IRequestDispatcher Dispatcher => Service<IRequestDispatcher>();

    public IModelCatalog Catalog => Service<IModelCatalog>();

    public IModelRepository Repository => Service<IModelRepository>();

    public string Folder => _folders[0];

    public IClusterClient Client => _cluster.Client;

    public IReadOnlyList<IServiceProvider> Silos => [.. Handles.Select(silo => silo.ServiceProvider)];

    public InProcessTestCluster Cluster => _cluster;

    /// <summary>In the order of their numbers: they start side by side.</summary>
    private IEnumerable<InProcessSiloHandle> Handles =>
        _cluster.Silos.OfType<InProcessSiloHandle>().OrderBy(silo => Number(silo.Name));

    public static Task<ServedCluster> StartAsync(
        ModelControlMode mode,
        params (string Name, byte[] Model, string? Config)[] models
    ) => StartAsync(1, mode, [], models);

    public static Task<ServedCluster> StartAsync(
        int silos,
        ModelControlMode mode,
        Dictionary<string, string?> settings,
        params (string Name, byte[] Model, string? Config)[] models
    ) => StartAsync(mode, silos, settings, silo => silo.AddMemoryGrainStorageAsDefault(), models);

    public static async Task<ServedCluster> StartAsync(
        ModelControlMode mode,
        int silos,
        Dictionary<string, string?> settings,
        Action<ISiloBuilder> storage,
        params (string Name, byte[] Model, string? Config)[] models
    )
    {
        string[] folders =
        [
            .. Enumerable.Range(0, silos).Select(_ => Directory.CreateTempSubdirectory("models").FullName),
        ];
        foreach ((string name, byte[] model, string? config) in models)
        {
            Write(folders[0], name, model, config);
        }
        InProcessTestClusterBuilder builder = new((short)silos);
        builder.ConfigureSilo(
            (options, silo) =>
            {
                string folder = folders[Number(options.SiloName) % silos];
                IConfiguration configuration = new ConfigurationBuilder()
                    .AddInMemoryCollection(
                        new Dictionary<string, string?>(settings)
                        {
                            ["Engine:Models"] = folder,
                            ["Engine:Mode"] = mode.ToString(),
                            ["Engine:Threads"] = "2",
                            ["Node:ProfileOnLoad"] = settings.GetValueOrDefault("Node:ProfileOnLoad", "false"),
                        }
                    )
                    .Build();
                silo.Services.AddSingleton(configuration);
                silo.Services.AddInferenceEngine(configuration.GetSection("Engine"));
                storage(silo);
                silo.AddInferenceGrains();
            }
        );
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        return new ServedCluster(folders, cluster);
    }

    /// <summary>
    /// The state of the cluster once it satisfies a condition; looks again whenever the director has looked.
    /// </summary>
    public async Task<ClusterState> UntilAsync(Func<ClusterState, bool> reached)
    {
        IPlacementDirectorGrain director = Client.GetGrain<IPlacementDirectorGrain>(0);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        using PeriodicTimer pace = new(TimeSpan.FromMilliseconds(10));
        while (true)
        {
            await director.EnsureAsync();
            ClusterState state = await director.GetStateAsync();
            if (reached(state))
            {
                return state;
            }
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException(
                    $"Not reached in 60 s; nodes: "
                        + $"{string.Join("; ", state.Nodes.Select(node => $"{node.Name} serves [{string.Join(", ", node.Replicas.Select(replica => replica.Model))}] with grains [{string.Join(", ", node.ReplicaGrains)}]"))}; "
                        + $"plan {state.Plan.Epoch}: [{string.Join(", ", state.Plan.Models.Select(model => $"{model.Name} on {string.Join(" and ", model.Replicas.Select(replica => replica.Node))}"))}]; "
                        + $"table: [{string.Join(", ", state.Routing.Models.Select(model => model.Name))}]"
                );
            }
            await pace.WaitForNextTickAsync();
        }
    }

    public async Task StopSiloAsync(int index, bool kill)
    {
        InProcessSiloHandle silo = Handles.ElementAt(index);
        if (kill)
        {
            await _cluster.KillSiloAsync(silo);
        }
        else
        {
            await _cluster.StopSiloAsync(silo);
        }
    }

    public void Write(string name, byte[] model, string? config) => Write(_folders[0], name, model, config);

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        foreach (string folder in _folders)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Write(string folder, string name, byte[] model, string? config)
    {
        string version = Directory.CreateDirectory(Path.Combine(folder, name, "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), model);
        if (config is not null)
        {
            File.WriteAllText(Path.Combine(folder, name, "config.pbtxt"), config);
        }
    }

    /// <summary>A service of one of several silos.</summary>
    public T Service<T>(int silo)
        where T : notnull => Handles.ElementAt(silo).ServiceProvider.GetRequiredService<T>();

    private T Service<T>()
        where T : notnull => Silos[0].GetRequiredService<T>();

    /// <summary>A silo's number, from a name such as <c>Silo_2</c>.</summary>
    private static int Number(string name) =>
        int.Parse(name.AsSpan(name.LastIndexOf('_') + 1), System.Globalization.CultureInfo.InvariantCulture);
}
