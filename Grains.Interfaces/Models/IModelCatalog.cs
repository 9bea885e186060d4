using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Models;

/// <summary>What this server serves, for the protocol's health and metadata calls. Versions are decimal numbers or empty.</summary>
public interface IModelCatalog
{
    /// <summary>True once every model that should serve at start has been loaded or has failed for good, until shutdown begins.</summary>
    bool IsServerReady { get; }

    /// <summary>Whether a model version answers requests; an unknown one does not.</summary>
    bool IsModelReady(string modelName, string modelVersion);

    /// <summary>A model's metadata.</summary>
    /// <exception cref="InferenceException">No such model or version, or it is not ready.</exception>
    ModelMetadata GetMetadata(string modelName, string modelVersion);

    /// <summary>A model's configuration, completed from its ONNX file, as JSON with Triton's field names.</summary>
    /// <exception cref="InferenceException">No such model or version, or it is not ready.</exception>
    string GetConfigJson(string modelName, string modelVersion);
}
