using OrleansInference.Engine;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Repository;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Grains.Models;

/// <summary>The repository calls over this node's engine.</summary>
internal sealed class ModelRepositoryControl(InferenceEngine engine) : IModelRepository
{
    /// <inheritdoc />
    public IReadOnlyList<ModelStatus> GetIndex(bool readyOnly)
    {
        IReadOnlyList<ModelStatus> known = engine.Index;
        if (readyOnly) return [.. known.Where(line => line.State == ModelState.Ready)];
        try
        {
            HashSet<string> names = [.. known.Select(line => line.Name)];
            return [.. known.Concat(engine.RepositoryNames().Where(name => !names.Contains(name)).Select(name => new ModelStatus(name, "", ModelState.Unknown, ""))).OrderBy(line => line.Name, StringComparer.Ordinal)];
        }
        catch (ModelRepositoryException exception)
        {
            throw new InferenceException(InferenceError.Internal, exception.Message, exception);
        }
    }

    /// <inheritdoc />
    public async Task LoadAsync(string modelName, ModelOverride? replacement, CancellationToken cancellationToken)
    {
        RequireControl();
        LoadResult result = await engine.LoadAsync(modelName, replacement, cancellationToken).ConfigureAwait(false);
        if (!result.IsReady) throw new InferenceException(InferenceError.Internal, result.Reason);
    }

    /// <inheritdoc />
    public async Task UnloadAsync(string modelName, bool unloadDependents, CancellationToken cancellationToken)
    {
        RequireControl();
        bool known = engine.Index.Any(line => line.Name == modelName) || GetIndex(readyOnly: false).Any(line => line.Name == modelName);
        if (!known) throw new InferenceException(InferenceError.NotFound, $"failed to unload '{modelName}': there is no such model");
        await engine.UnloadAsync(modelName, unloadDependents, cancellationToken).ConfigureAwait(false);
    }

    private void RequireControl()
    {
        if (engine.Mode is ModelControlMode.Explicit or ModelControlMode.Demand) return;
        // Clients of other servers look for the words before the semicolon.
        throw new InferenceException(InferenceError.Unavailable, $"explicit model load / unload is not allowed if polling is enabled; this server runs in mode '{engine.Mode.ToString().ToLowerInvariant()}', start it with --mode explicit or --mode demand");
    }
}
