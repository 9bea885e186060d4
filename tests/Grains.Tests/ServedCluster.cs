using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;
using OrleansInference.Engine;
using OrleansInference.Engine.Hosting;
using OrleansInference.Grains.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Grains.Tests;

/// <summary>A silo in this process over a repository of the test's own.</summary>
internal sealed class ServedCluster : IAsyncDisposable
{
    private readonly string _models;
    private readonly InProcessTestCluster _cluster;

    private ServedCluster(string models, InProcessTestCluster cluster) => (_models, _cluster) = (models, cluster);

    public InferenceEngine Engine => Service<InferenceEngine>();

    public IInferencePipeline Pipeline => Service<IInferencePipeline>();

    public IModelCatalog Catalog => Service<IModelCatalog>();

    public IModelRepository Repository => Service<IModelRepository>();

    public IClusterClient Client => _cluster.Client;

    public InProcessTestCluster Cluster => _cluster;

    public static Task<ServedCluster> StartAsync(ModelControlMode mode, params (string Name, byte[] Model, string? Config)[] models) =>
        StartAsync(mode, silos: 1, [], silo => silo.AddMemoryGrainStorageAsDefault(), models);

    public static async Task<ServedCluster> StartAsync(ModelControlMode mode, int silos, Dictionary<string, string?> settings, Action<ISiloBuilder> storage, params (string Name, byte[] Model, string? Config)[] models)
    {
        string folder = Directory.CreateTempSubdirectory("models").FullName;
        foreach ((string name, byte[] model, string? config) in models) Write(folder, name, model, config);
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(settings) { ["Engine:Models"] = folder, ["Engine:Mode"] = mode.ToString() }).Build();
        InProcessTestClusterBuilder builder = new((short)silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(configuration);
            silo.Services.AddInferenceEngine(configuration.GetSection("Engine"));
            storage(silo);
            silo.AddInferenceGrains();
        });
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        return new ServedCluster(folder, cluster);
    }

    public void Write(string name, byte[] model, string? config) => Write(_models, name, model, config);

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Directory.Delete(_models, recursive: true);
    }

    private static void Write(string folder, string name, byte[] model, string? config)
    {
        string version = Directory.CreateDirectory(Path.Combine(folder, name, "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), model);
        if (config is not null) File.WriteAllText(Path.Combine(folder, name, "config.pbtxt"), config);
    }

    /// <summary>A service of one of several silos.</summary>
    public T Service<T>(int silo)
        where T : notnull => ((InProcessSiloHandle)_cluster.Silos[silo]).ServiceProvider.GetRequiredService<T>();

    private T Service<T>()
        where T : notnull => ((InProcessSiloHandle)_cluster.Silos[0]).ServiceProvider.GetRequiredService<T>();
}
