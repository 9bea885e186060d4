using System.Collections.Concurrent;

namespace OrleansInference.Engine.Lifecycle;

/// <summary>One change of a model at a time; changes of different models go side by side.</summary>
internal sealed class ModelLocks
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _locks = new();

    /// <summary>Waits for a model's turn; disposing ends it.</summary>
    public async ValueTask<IDisposable> TakeAsync(string name, CancellationToken cancellationToken)
    {
        SemaphoreSlim one = Of(name);
        await one.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Held(one);
    }

    /// <summary>
    /// Takes a model's turn if nobody has it, without waiting: who holds one model may so take another.
    /// </summary>
    public IDisposable? TryTake(string name)
    {
        SemaphoreSlim one = Of(name);
        return one.Wait(0) ? new Held(one) : null;
    }

    private SemaphoreSlim Of(string name) => _locks.GetOrAdd(name, _ => new SemaphoreSlim(1, 1));

    private sealed class Held(SemaphoreSlim one) : IDisposable
    {
        public void Dispose() => one.Release();
    }
}
