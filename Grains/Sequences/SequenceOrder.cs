namespace OrleansInference.Grains.Sequences;

/// <summary>
/// Sends a sequence's requests to its grain one after the other, as they came. Orleans keeps the order of messages to a
/// grain that is active, not to one that is being placed.
/// </summary>
internal sealed class SequenceOrder
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task> _last = [];

    /// <summary>
    /// Takes the next place in a sequence's line, at once; <see cref="Place.WaitAsync"/> waits for its turn.
    /// </summary>
    public Place Join(string key)
    {
        lock (_lock)
        {
            Place place = new(this, key, _last.GetValueOrDefault(key, Task.CompletedTask));
            _last[key] = place.Left;
            return place;
        }
    }

    private void Leave(Place place)
    {
        lock (_lock)
        {
            // Where another has joined behind it, the entry is that one's.
            if (_last.GetValueOrDefault(place.Key) == place.Left)
            {
                _last.Remove(place.Key);
            }
        }
    }

    /// <summary>One request's place; disposing leaves the line, unless <see cref="LeaveAfter"/> will.</summary>
    internal sealed class Place(SequenceOrder order, string key, Task before) : IDisposable
    {
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _leaves;

        public string Key => key;

        public Task Left => _left.Task;

        /// <summary>Waits until everybody before has left.</summary>
        /// <exception cref="TimeoutException">Not within <paramref name="timeout"/>.</exception>
        public Task WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
            before.WaitAsync(timeout, time, cancellationToken);

        /// <summary>
        /// Leaves the line once this place's turn has come and <paramref name="last"/>, which must not fail, is done.
        /// </summary>
        public async Task LeaveAfter(Func<Task> last)
        {
            _leaves = true;
            await before.ConfigureAwait(false);
            await last().ConfigureAwait(false);
            Leave();
        }

        public void Dispose()
        {
            if (_leaves)
            {
                return;
            }
            // Who gives up waiting must not let the next one past those who are still before it.
            if (before.IsCompleted)
            {
                Leave();
            }
            else
            {
                before.ContinueWith(
                    static (_, place) => ((Place)place!).Leave(),
                    this,
                    CancellationToken.None,
                    TaskContinuationOptions.None,
                    TaskScheduler.Default
                );
            }
        }

        private void Leave()
        {
            order.Leave(this);
            _left.TrySetResult();
        }
    }
}
