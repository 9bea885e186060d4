using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;

namespace OrleansInference.Grains.Tests.Jobs;

/// <summary>
/// Grain storage outside every silo, with ETags; states are immutable records, so that references will do.
/// </summary>
internal sealed class SharedStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<string, (object State, string ETag)> _states = new();
    private int _writes;

    public void AddTo(ISiloBuilder silo) => silo.Services.AddSingleton<IGrainStorage>(this);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (!_states.TryGetValue($"{stateName}/{grainId}", out (object State, string ETag) known))
        {
            return Task.CompletedTask;
        }
        grainState.State = (T)known.State;
        grainState.ETag = known.ETag;
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        string eTag = $"{Interlocked.Increment(ref _writes)}";
        _states.AddOrUpdate(
            $"{stateName}/{grainId}",
            _ => ((object)grainState.State!, eTag),
            (_, known) =>
                known.ETag == grainState.ETag
                    ? ((object)grainState.State!, eTag)
                    : throw new InconsistentStateException("another wrote", known.ETag, grainState.ETag)
        );
        grainState.ETag = eTag;
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _states.TryRemove($"{stateName}/{grainId}", out _);
        grainState.RecordExists = false;
        return Task.CompletedTask;
    }
}
