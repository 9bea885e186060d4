namespace OrleansInference.Scheduling.Batching;

/// <summary>
/// The next batch of a model with preferred sizes, filled with whole requests in the order of the queue.
/// </summary>
public struct PreferredFill
{
    private readonly IReadOnlyList<int> _preferred;
    private readonly int _cap;

    /// <summary>Creates it, empty.</summary>
    /// <param name="limits">Whose preferred sizes are ascending, one at least.</param>
    /// <param name="cap">Most rows of a batch, at least 1.</param>
    public PreferredFill(BatchLimits limits, int cap)
    {
        _preferred = limits.PreferredRows;
        _cap = cap;
        FirstArrival = TimeSpan.MaxValue;
    }

    /// <summary>Rows that fit, at most the cap.</summary>
    public int Rows { get; private set; }

    /// <summary>
    /// Rows that are best run at once: the largest preferred size, or what comes before a request that would exceed
    /// all of them; 0 for none yet.
    /// </summary>
    public int Best { get; private set; }

    /// <summary>Whether nothing is worth waiting for: all preferred sizes are reached, or the next does not fit.</summary>
    public bool IsFull { get; private set; }

    /// <summary>When the first of the requests was queued.</summary>
    public TimeSpan FirstArrival { get; private set; }

    /// <summary>Adds the next request; false where no other follows it into the batch.</summary>
    /// <param name="rows">Its rows, at least 1; one that alone is larger than the cap fills the batch.</param>
    /// <param name="arrival">When it was queued.</param>
    public bool TryAdd(int rows, TimeSpan arrival)
    {
        int largest = _preferred[^1];
        long sum = (long)Rows + rows;
        if (Rows > 0 && sum > largest && Best == 0)
        {
            Best = Rows;
        }
        if (Rows > 0 && sum > _cap)
        {
            IsFull = true;
            return false;
        }

        Rows = (int)Math.Min(sum, _cap);
        FirstArrival = arrival < FirstArrival ? arrival : FirstArrival;
        if (_preferred.Contains(Rows))
        {
            Best = Rows;
        }
        IsFull = Rows >= Math.Min(largest, _cap);
        return Rows < _cap;
    }
}
