using OrleansInference.Engine;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Grains.Models;

/// <summary>What this node's engine serves.</summary>
internal sealed class ModelCatalog(InferenceEngine engine) : IModelCatalog
{
    /// <inheritdoc />
    public bool IsServerReady => engine.IsReady;

    /// <inheritdoc />
    public bool IsModelReady(string modelName, string modelVersion) => engine.Find(modelName, modelVersion, out _, out _) is not null;

    /// <inheritdoc />
    public ModelMetadata GetMetadata(string modelName, string modelVersion)
    {
        ModelReplica replica = Find(modelName, modelVersion);
        return new ModelMetadata(
            replica.Name,
            engine.ReadyVersions(modelName),
            "onnxruntime_onnx",
            [.. replica.Signature.Inputs.Select(Describe)],
            [.. replica.Signature.Outputs.Select(Describe)],
            replica.ExecutionProvider,
            new Dictionary<string, string>(replica.Parameters));
    }

    /// <inheritdoc />
    public string GetConfigJson(string modelName, string modelVersion) => engine.ConfigJson(Find(modelName, modelVersion));

    /// <inheritdoc />
    public IReadOnlyList<InferenceStatistics> GetStatistics(string modelName, string modelVersion) => [];

    /// <inheritdoc />
    public IReadOnlyList<string> GetLabels(string modelName, string modelVersion, string output) => [];

    private static TensorMetadata Describe(TensorSpec spec) => new(spec.Name, spec.Datatype, spec.Dimensions);

    private ModelReplica Find(string modelName, string modelVersion) =>
        engine.Find(modelName, modelVersion, out InferenceError error, out string message) ?? throw new InferenceException(error, message);
}
