using System.Collections.Concurrent;
using OrleansInference.Engine.Scheduling;

namespace OrleansInference.Engine.Lifecycle;

/// <summary>
/// Loads a model for the requests that wait for it: one load for all of them. A model that could not be loaded is not
/// tried again for a while. One that was unloaded by request waits until it is loaded by request.
/// </summary>
internal sealed class DemandLoader(ModelLifecycle lifecycle, EngineClock clock, CancellationToken stopping)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task<LoadResult>> _loading = [];
    private readonly ConcurrentDictionary<string, (TimeSpan At, string Reason)> _failed = new();
    private readonly ConcurrentDictionary<string, bool> _unloaded = new();

    /// <summary>Why a model may not be loaded by a request now; null where it may.</summary>
    public string? Refusal(string name)
    {
        if (_unloaded.ContainsKey(name))
        {
            return "it was unloaded by request; load it by request";
        }
        return
            _failed.TryGetValue(name, out (TimeSpan At, string Reason) failure) && clock.Now - failure.At < RetryAfter
            ? failure.Reason
            : null;
    }

    /// <summary>Loads the model, or joins the load that is under way. Cancelling ends the wait, not the load.</summary>
    public Task<LoadResult> LoadAsync(string name, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_loading.TryGetValue(name, out Task<LoadResult>? load))
            {
                // With nobody's token: who gives up leaves the load to the others that wait for it.
                _loading.Add(name, load = Task.Run(() => LoadOnceAsync(name), CancellationToken.None));
            }
            return load.WaitAsync(cancellationToken);
        }
    }

    /// <summary>An operator unloaded the model, or loaded it again.</summary>
    public void SetUnloaded(string name, bool unloaded)
    {
        if (unloaded)
        {
            _unloaded[name] = true;
        }
        else
        {
            _unloaded.TryRemove(name, out _);
        }
        // An operator's word ends the pause after a failure too.
        _failed.TryRemove(name, out _);
    }

    private async Task<LoadResult> LoadOnceAsync(string name)
    {
        try
        {
            LoadResult result = await lifecycle.LoadAsync(name, replacement: null, stopping).ConfigureAwait(false);
            if (result.IsReady)
            {
                _failed.TryRemove(name, out _);
            }
            else
            {
                _failed[name] = (clock.Now, result.Reason);
            }
            return result;
        }
        finally
        {
            // The model is published by now: who looks next finds it served, and starts no second load.
            lock (_lock)
            {
                _loading.Remove(name);
            }
        }
    }
}
