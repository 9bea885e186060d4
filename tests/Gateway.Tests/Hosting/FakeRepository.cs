using System.Collections.Concurrent;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>
/// Model <c>echo</c> is ready, <c>idle</c> was never asked for, <c>broken</c> failed; remembers what it was told to
/// load and unload.
/// </summary>
internal sealed class FakeRepository : IModelRepository
{
    /// <summary>The loads, in order.</summary>
    public ConcurrentQueue<(string Model, ModelOverride? Replacement)> Loads { get; } = [];

    /// <summary>The unloads, in order.</summary>
    public ConcurrentQueue<(string Model, bool Dependents)> Unloads { get; } = [];

    public IReadOnlyList<ModelStatus> GetIndex(bool readyOnly)
    {
        ModelStatus ready = new("echo", "3", ModelState.Ready, "");
        return readyOnly
            ? [ready]
            :
            [
                new ModelStatus("broken", "1", ModelState.Unavailable, "no such \"operator\""),
                ready,
                new ModelStatus("idle", "", ModelState.Unknown, ""),
            ];
    }

    public Task LoadAsync(string modelName, ModelOverride? replacement, CancellationToken cancellationToken)
    {
        Loads.Enqueue((modelName, replacement));
        return Answer(modelName, $"failed to load '{modelName}': no such operator");
    }

    public Task UnloadAsync(string modelName, bool unloadDependents, CancellationToken cancellationToken)
    {
        Unloads.Enqueue((modelName, unloadDependents));
        return Answer(modelName, $"failed to unload '{modelName}': it is not loaded");
    }

    private static Task Answer(string modelName, string message) =>
        modelName switch
        {
            "broken" => Task.FromException(new InferenceException(InferenceError.Internal, message)),
            "throws" => Task.FromException(new InvalidOperationException("the secret inside")),
            _ => Task.CompletedTask,
        };
}
