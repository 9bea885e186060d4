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
        IServedModel model = Find(modelName, modelVersion);
        return new ModelMetadata(
            model.Name,
            engine.ReadyVersions(modelName),
            model.Platform,
            [.. model.Signature.Inputs.Where(input => model.Sequences?.IsHiddenInput(input.Name) != true).Select(Describe)],
            [.. model.Signature.Outputs.Where(output => model.Sequences?.IsHiddenOutput(output.Name) != true).Select(Describe)],
            model.ExecutionProvider,
            new Dictionary<string, string>(model.Parameters))
        { MaxBatchSize = model.Signature.MaxBatchSize };
    }

    /// <inheritdoc />
    public string GetConfigJson(string modelName, string modelVersion) => engine.ConfigJson(Find(modelName, modelVersion));

    /// <inheritdoc />
    public IReadOnlyList<InferenceStatistics> GetStatistics(string modelName, string modelVersion)
    {
        if (modelName.Length == 0) return [.. engine.Models.Select(engine.Statistics)];
        _ = Find(modelName, modelVersion);
        return [.. engine.Models.Where(model => model.Name == modelName && (modelVersion.Length == 0 || model.Version == modelVersion)).Select(engine.Statistics)];
    }

    /// <inheritdoc />
    public IReadOnlyList<string> GetLabels(string modelName, string modelVersion, string output) => engine.Labels(Find(modelName, modelVersion), output);

    private static TensorMetadata Describe(TensorSpec spec) => new(spec.Name, spec.Datatype, spec.Dimensions);

    private IServedModel Find(string modelName, string modelVersion) =>
        engine.Find(modelName, modelVersion, out InferenceError error, out string message) ?? throw new InferenceException(error, message);
}
