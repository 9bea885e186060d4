using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Scheduling.Tests.Queues;

/// <summary>
/// What <see cref="ReplicaQueue{TRequest}"/> does, said with a list: nothing is quick, and nothing is kept that could
/// become wrong.
/// </summary>
internal sealed class ListQueue
{
    private readonly List<Place> _places = [];
    private int _sequence;

    public int Count => _places.Count;

    public long Rows => _places.Sum(place => (long)place.Left);

    public TimeSpan NextDeadline =>
        _places.Where(place => !place.IsBehind).Select(place => place.Request.Deadline).Append(TimeSpan.MaxValue).Min();

    public void Add(QueuedRequest request, ulong priority, TimeSpan due, TimeSpan now)
    {
        _places.Add(
            new Place(request, request.Request.Background, priority, _sequence++, now)
            {
                Due = due,
                Left = request.Rows,
            }
        );
        Sort();
    }

    public int CountOf(ulong priority) => _places.Count(place => place.Priority == priority);

    public bool Remove(QueuedRequest request) => _places.RemoveAll(place => place.Request == request) > 0;

    public long RowsAhead(ulong priority, TimeSpan due, bool background) =>
        _places
            .Where(place => Order(place).CompareTo((background, priority, due, int.MaxValue)) <= 0)
            .Sum(place => (long)place.Left);

    public HashSet<QueuedRequest> TakeOverdue(TimeSpan now)
    {
        HashSet<QueuedRequest> overdue =
        [
            .. _places
                .Where(place => place.Request.DropWhenOverdue && place.Request.Deadline <= now)
                .Select(place => place.Request),
        ];
        _places.RemoveAll(place => overdue.Contains(place.Request));
        foreach (Place late in _places.Where(place => !place.IsBehind && place.Request.Deadline <= now))
        {
            late.IsBehind = true;
            late.Due = late.Left == late.Request.Rows ? TimeSpan.MaxValue : late.Due;
        }
        Sort();
        return overdue;
    }

    public List<BatchEntry<QueuedRequest>>? TryTake(TimeSpan now, BatchLimits limits, BatchCost cost)
    {
        if (_places.Count == 0)
        {
            return null;
        }
        Place head = _places[0];
        List<Place> together = [.. _places.Where(place => place.Request.Signature.Equals(head.Request.Signature))];
        int room = limits.OneRequest ? head.Left : Room(together, now, limits, cost);
        if (room == 0)
        {
            return null;
        }
        List<BatchEntry<QueuedRequest>> batch = [];
        foreach (Place place in together)
        {
            if (room == 0 || (place.Left > room && batch.Count > 0))
            {
                break;
            }
            int rows = Math.Min(place.Left, room);
            batch.Add(new BatchEntry<QueuedRequest>(place.Request, place.Request.Rows - place.Left, rows));
            place.Left -= rows;
            room -= rows;
        }

        _places.RemoveAll(place => place.Left == 0);
        return batch;
    }

    private static int Room(List<Place> together, TimeSpan now, BatchLimits limits, BatchCost cost)
    {
        Place head = together[0];
        TimeSpan deadline = head.Request.DropWhenOverdue ? head.Request.Deadline : TimeSpan.MaxValue;
        QueueView view = new(together.Sum(place => (long)place.Left), head.Arrival, deadline);
        if (limits.PreferredRows.Count == 0)
        {
            return BatchPolicy.Decide(view, now, limits, cost).Size;
        }
        PreferredFill fill = new(limits, BatchPolicy.Cap(limits, cost));
        foreach (Place place in together)
        {
            if (!fill.TryAdd(place.Left, place.Arrival))
            {
                break;
            }
        }
        return BatchPolicy.Decide(view, fill, now, limits, cost).Size;
    }

    private void Sort() => _places.Sort((left, right) => Order(left).CompareTo(Order(right)));

    private static (bool, ulong, TimeSpan, int) Order(Place place) =>
        (place.Background, place.Priority, place.Due, place.Sequence);

    private sealed record Place(QueuedRequest Request, bool Background, ulong Priority, int Sequence, TimeSpan Arrival)
    {
        public TimeSpan Due { get; set; }

        public int Left { get; set; }

        /// <summary>Whether it was overdue and stands behind those in time.</summary>
        public bool IsBehind { get; set; }
    }
}
