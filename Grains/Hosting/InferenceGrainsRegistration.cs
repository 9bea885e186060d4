using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime.Hosting;
using Orleans.Storage;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Policy;
using OrleansInference.Grains.Inference;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Grains.Jobs;
using OrleansInference.Grains.Models;
using OrleansInference.Grains.Nodes;
using OrleansInference.Grains.Placement;
using OrleansInference.Grains.Policies;
using OrleansInference.Grains.Recording;
using OrleansInference.Grains.Sequences;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Connections;

namespace OrleansInference.Grains.Hosting;

/// <summary>Registers what the grains need.</summary>
public static class InferenceGrainsRegistration
{
    /// <summary>
    /// Adds the dispatcher, the catalog and the repository over this node's engine, and the node's part in the cluster.
    /// </summary>
    public static ISiloBuilder AddInferenceGrains(this ISiloBuilder silo)
    {
        silo.Services.TryAddSingleton<SequenceDispatcher>();
        silo.Services.TryAddSingleton<EngineExecutor>();
        silo.Services.TryAddSingleton<ModelFinder>();
        silo.Services.TryAddSingleton<RequestDispatcher>();
        silo.Services.TryAddSingleton<IRequestDispatcher>(services => services.GetRequiredService<RequestDispatcher>());
        silo.Services.TryAddSingleton<IAdmissionGate, AdmissionGate>();
        silo.Services.TryAddSingleton<IModelCatalog, ModelCatalog>();
        silo.Services.TryAddSingleton<IModelRepository, ModelRepositoryControl>();
        silo.Services.AddBulkJobs();
        return silo.AddClusterNode();
    }

    private static ISiloBuilder AddClusterNode(this ISiloBuilder silo)
    {
        IServiceCollection services = silo.Services;
        services.AddOptions<NodeOptions>().BindConfiguration("Node").ValidateDataAnnotations().ValidateOnStart();
        services
            .AddOptions<SiloOptions>()
            .PostConfigure<IOptions<NodeOptions>, IOptions<EndpointOptions>>(
                (silo, node, endpoint) =>
                {
                    // Orleans' own default is a random name, which nobody could drain or pin to.
                    if (node.Value.Name.Length > 0)
                    {
                        silo.SiloName = node.Value.Name;
                    }
                    else if (
                        silo.SiloName is not { Length: > 0 }
                        || silo.SiloName.StartsWith("Silo_", StringComparison.Ordinal)
                    )
                    {
                        silo.SiloName = string.Create(
                            System.Globalization.CultureInfo.InvariantCulture,
                            $"{Environment.MachineName.ToLowerInvariant()}-{endpoint.Value.SiloPort}"
                        );
                    }
                }
            );
        services.AddOptions<RouterOptions>().BindConfiguration("Routing").ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<NodeServices>();
        services.TryAddSingleton<PlannerSetup>();
        services.TryAddSingleton<NodeTransport>();
        services.TryAddSingleton<ClusterNode>();
        services.TryAddSingleton<ModelFetcher>();
        services.TryAddSingleton<NodeModels>();
        services.TryAddSingleton<PolicySlot>();
        services.TryAddSingleton<IPolicyControl, PolicyControl>();
        services.AddHostedService<PolicyWatch>();
        services.TryAddSingleton<NodeKnobs>();
        services.TryAddSingleton<NodeReporter>();
        services.TryAddSingleton<NodeDrain>();
        services.TryAddSingleton<NodeIntake>();
        services.TryAddSingleton<NodeContent>();
        services.TryAddSingleton<INodeDrain>(provider => provider.GetRequiredService<NodeDrain>());
        services.TryAddSingleton<RemoteModels>();
        services.TryAddSingleton<IClusterControl, ClusterControl>();
        services.AddOptions<AgentOptions>().BindConfiguration("Agent").ValidateDataAnnotations().ValidateOnStart();
        // JSON, Orleans' default, would write the names of classes and assemblies: renamed, they would lose their
        // state.
        services.Replace(ServiceDescriptor.Singleton<IGrainStorageSerializer, OrleansGrainStorageSerializer>());
        services.AddHostedService<ClusterWatch>();
        services
            .AddOptions<RecordingOptions>()
            .BindConfiguration("Recording")
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.TryAddSingleton<InputRecorder>();
        services.AddHostedService<TelemetryRecorder>();
        services.AddPlacementDirector<PlanPlacement, PlanPlacementDirector>();
        services.AddPlacementDirector<ServedModelPlacement, ServedModelPlacementDirector>();
        // A replica's activation loads a model and its deactivation drains one, which may take minutes.
        services.Configure<GrainCollectionOptions>(options =>
            (options.ActivationTimeout, options.DeactivationTimeout) = (
                TimeSpan.FromMinutes(30),
                TimeSpan.FromMinutes(5)
            )
        );
        services.AddTensorConnections();
        services.AddSingleton<IConfigureOptions<SiloConnectionOptions>, ConnectionWatch>();
        return silo.AddGrainService<NodeService>();
    }
}
