using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Batching;

/// <summary>
/// The batches under way with a request that is not to be answered after its deadline. Guarded by the replica's lock.
/// </summary>
internal sealed class RunDeadlines
{
    /// <summary>As long as the runs that may be under way at once: few enough to be looked through.</summary>
    private readonly List<List<BatchEntry<QueuedInference>>> _batches = [];

    /// <summary>Notes a batch that begins. One without such a request costs a look at each of its entries.</summary>
    /// <param name="batch">What runs; unchanged until <see cref="Remove"/>.</param>
    public void Add(List<BatchEntry<QueuedInference>> batch)
    {
        foreach (BatchEntry<QueuedInference> entry in batch)
        {
            if (entry.Request.DropAt != TimeSpan.MaxValue)
            {
                _batches.Add(batch);
                return;
            }
        }
    }

    /// <summary>Forgets a batch that has ended.</summary>
    public void Remove(List<BatchEntry<QueuedInference>> batch)
    {
        if (_batches.Count > 0)
        {
            _batches.Remove(batch);
        }
    }

    /// <summary>Finds the requests that run beyond their deadline.</summary>
    /// <param name="now">The replica's clock.</param>
    /// <param name="overdue">Gets them, each as often as batches run rows of it.</param>
    /// <returns>The earliest deadline of the others; <see cref="TimeSpan.MaxValue"/> without one.</returns>
    public TimeSpan FindOverdue(TimeSpan now, List<QueuedInference> overdue)
    {
        TimeSpan next = TimeSpan.MaxValue;
        foreach (List<BatchEntry<QueuedInference>> batch in _batches)
        {
            foreach (BatchEntry<QueuedInference> entry in batch)
            {
                QueuedInference request = entry.Request;
                if (request.IsCompleted)
                {
                    continue;
                }
                if (request.DropAt <= now)
                {
                    overdue.Add(request);
                }
                else if (request.DropAt < next)
                {
                    next = request.DropAt;
                }
            }
        }
        return next;
    }
}
