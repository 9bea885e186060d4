namespace OrleansInference.Grains.Sequences;

/// <summary>
/// Sends a sequence's requests to its grain one after the other, as they came. Orleans keeps the order of messages to a
/// grain that is active, not to one that is being placed.
/// </summary>
internal sealed class SequenceOrder
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Place> _last = [];

    /// <summary>
    /// Takes the next place in a sequence's line, at once; <see cref="Place.WaitAsync"/> waits for its turn.
    /// </summary>
    /// <param name="key">The sequence.</param>
    /// <param name="begins">Whether the request begins the sequence anew, whatever became of those before it.</param>
    public Place Join(string key, bool begins)
    {
        lock (_lock)
        {
            Place? last = _last.GetValueOrDefault(key);
            Place place = new(this, key, begins, last?.Left ?? Task.CompletedTask);
            last?.Next = place;
            _last[key] = place;
            return place;
        }
    }

    /// <summary>Tells those who wait behind a place, up to the next beginning, that their sequence was cancelled.</summary>
    private void CancelBehind(Place place)
    {
        lock (_lock)
        {
            for (Place? behind = place.Next; behind is { Begins: false }; behind = behind.Next)
            {
                behind.IsCancelled = true;
            }
        }
    }

    private void Leave(Place place)
    {
        lock (_lock)
        {
            // Where another has joined behind it, the entry is that one's.
            if (_last.GetValueOrDefault(place.Key) == place)
            {
                _last.Remove(place.Key);
            }
        }
    }

    /// <summary>One request's place; disposing leaves the line, unless <see cref="LeaveAfter"/> will.</summary>
    internal sealed class Place(SequenceOrder order, string key, bool begins, Task before) : IDisposable
    {
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _isCancelled;
        private bool _leaves;

        public string Key => key;

        public Task Left => _left.Task;

        public bool Begins => begins;

        /// <summary>The place behind; under the order's lock.</summary>
        public Place? Next { get; set; }

        /// <summary>Whether a request before it was cancelled, which ended the sequence of both.</summary>
        public bool IsCancelled
        {
            get => _isCancelled;
            set => _isCancelled = value;
        }

        /// <summary>Ends, with this request, those of its sequence that wait behind it.</summary>
        public void CancelBehind() => order.CancelBehind(this);

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
