using OrleansInference.Engine;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Models;

/// <summary>Describes the models of this node's engine, and those that other nodes serve.</summary>
internal sealed class ModelCatalog(InferenceEngine engine, ClusterNode node, RemoteModels remote) : IModelCatalog
{
    /// <inheritdoc />
    public bool IsServerReady => engine.IsReady && !node.Draining;

    /// <inheritdoc />
    public bool IsServerLive => engine.IsLive;

    /// <inheritdoc />
    public bool IsModelReady(string modelName, string modelVersion) =>
        engine.Find(modelName, modelVersion, out _, out _) is not null
        || node.Router.Snapshot.Find(modelName)?.Of(modelVersion).Length > 0;

    /// <inheritdoc />
    public ModelMetadata GetMetadata(string modelName, string modelVersion)
    {
        if (FindRemote(modelName, modelVersion) is { } description)
        {
            return description.Metadata;
        }
        IServedModel model = Require(modelName, modelVersion);
        // The server fills hidden tensors itself, such as a sequence's state: clients must not send them.
        return new ModelMetadata(
            model.Name,
            engine.ReadyVersions(modelName),
            model.Platform,
            [
                .. model
                    .Signature.Inputs.Where(input => model.Sequences?.IsHiddenInput(input.Name) != true)
                    .Select(Describe),
            ],
            [
                .. model
                    .Signature.Outputs.Where(output => model.Sequences?.IsHiddenOutput(output.Name) != true)
                    .Select(Describe),
            ],
            model.ExecutionProvider,
            new Dictionary<string, string>(model.Parameters)
        )
        {
            MaxBatchSize = model.Signature.MaxBatchSize,
        };
    }

    /// <inheritdoc />
    public string GetConfigJson(string modelName, string modelVersion) =>
        FindRemote(modelName, modelVersion)?.ConfigJson ?? engine.ConfigJson(Require(modelName, modelVersion));

    /// <inheritdoc />
    public IReadOnlyList<InferenceStatistics> GetStatistics(string modelName, string modelVersion)
    {
        if (modelName.Length == 0)
        {
            return [.. engine.Models.Select(engine.Statistics)];
        }
        if (FindRemote(modelName, modelVersion) is not null)
        {
            return [];
        }
        _ = Require(modelName, modelVersion);
        return
        [
            .. engine
                .Models.Where(model =>
                    model.Name == modelName && (modelVersion.Length == 0 || model.Version == modelVersion)
                )
                .Select(engine.Statistics),
        ];
    }

    /// <inheritdoc />
    public IReadOnlyList<string> GetLabels(string modelName, string modelVersion, string output) =>
        FindRemote(modelName, modelVersion) is { } description
            ? description.Labels.GetValueOrDefault(output) ?? []
            : engine.Labels(Require(modelName, modelVersion), output);

    private static TensorMetadata Describe(TensorSpec spec) => new(spec.Name, spec.Datatype, spec.Dimensions);

    private ModelDescription? FindRemote(string model, string version) =>
        engine.Find(model, version, out _, out _) is null ? remote.Find(model) : null;

    private IServedModel Require(string modelName, string modelVersion) =>
        engine.Find(modelName, modelVersion, out InferenceError error, out string message)
        ?? throw new InferenceException(error, message);
}
