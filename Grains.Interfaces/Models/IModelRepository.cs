using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Models;

/// <summary>The model repository as the protocol's repository calls see it.</summary>
public interface IModelRepository
{
    /// <summary>
    /// Every model of the repository, by name and version; only those that serve where <paramref name="readyOnly"/>.
    /// </summary>
    /// <exception cref="InferenceException">The repository cannot be read.</exception>
    IReadOnlyList<ModelStatus> GetIndex(bool readyOnly);

    /// <summary>
    /// Loads a model, or loads it again where its files changed. What is new is ready before what it replaces drains;
    /// where it cannot be loaded, what served before goes on.
    /// </summary>
    /// <exception cref="InferenceException">It cannot be loaded. <see cref="InferenceError.Internal"/> has a message
    /// that begins <c>failed to load 'NAME'</c>. <see cref="InferenceError.InvalidArgument"/> is for an override that
    /// is malformed. <see cref="InferenceError.Unavailable"/> is for a mode other than <c>explicit</c> or
    /// <c>demand</c>.</exception>
    Task LoadAsync(string modelName, ModelOverride? replacement, CancellationToken cancellationToken);

    /// <summary>
    /// Stops serving a model; answers what is queued first. With <paramref name="unloadDependents"/>, also the steps of
    /// an ensemble.
    /// </summary>
    /// <exception cref="InferenceException">There is no such model, or the mode does not allow it.</exception>
    Task UnloadAsync(string modelName, bool unloadDependents, CancellationToken cancellationToken);
}
