using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Models;

/// <summary>
/// What this server serves, for the protocol's health and metadata calls. Versions are decimal numbers or empty.
/// </summary>
public interface IModelCatalog
{
    /// <summary>
    /// True once every model that should serve at start has been loaded or has failed for good, until shutdown begins.
    /// </summary>
    bool IsServerReady { get; }

    /// <summary>
    /// False only where the server could not begin at all, and lives to say why: its repository cannot be read.
    /// </summary>
    bool IsServerLive { get; }

    /// <summary>Whether a model version answers requests; an unknown one does not.</summary>
    bool IsModelReady(string modelName, string modelVersion);

    /// <summary>A model's metadata.</summary>
    /// <exception cref="InferenceException">No such model or version, or it is not ready.</exception>
    ModelMetadata GetMetadata(string modelName, string modelVersion);

    /// <summary>A model's configuration, completed from its ONNX file, as JSON with Triton's field names.</summary>
    /// <exception cref="InferenceException">No such model or version, or it is not ready.</exception>
    string GetConfigJson(string modelName, string modelVersion);

    /// <summary>
    /// What the ready versions of a model have done, ascending; of all models, by name, for an empty
    /// <paramref name="modelName"/>.
    /// </summary>
    /// <exception cref="InferenceException">No such model or version, or it is not ready.</exception>
    IReadOnlyList<InferenceStatistics> GetStatistics(string modelName, string modelVersion);

    /// <summary>
    /// Labels of an output's classes, one a line of its <c>label_filename</c>; empty where the configuration names
    /// none.
    /// </summary>
    IReadOnlyList<string> GetLabels(string modelName, string modelVersion, string output);
}
