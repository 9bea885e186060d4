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

    public int Count => _places.Count;

    public long Rows => _places.Sum(place => (long)place.Left);

    public TimeSpan NextDeadline =>
        _places
            .Where(place => place.Request.DropWhenOverdue)
            .Select(place => place.Request.Deadline)
            .Append(TimeSpan.MaxValue)
            .Min();

    public void Add(QueuedRequest request, uint priority, TimeSpan due, TimeSpan now)
    {
        // Behind all that do not come after it: that is the order of arrival among equals.
        bool background = request.Request.Background;
        int index = _places.FindIndex(place => Order(place).CompareTo((background, priority, due)) > 0);
        _places.Insert(
            index < 0 ? _places.Count : index,
            new Place(request, background, priority, due, now) { Left = request.Rows }
        );
    }

    public bool Remove(QueuedRequest request) => _places.RemoveAll(place => place.Request == request) > 0;

    public long RowsAhead(uint priority, TimeSpan due, bool background) =>
        _places.Where(place => Order(place).CompareTo((background, priority, due)) <= 0).Sum(place => (long)place.Left);

    public HashSet<QueuedRequest> TakeOverdue(TimeSpan now)
    {
        HashSet<QueuedRequest> overdue =
        [
            .. _places
                .Where(place => place.Request.DropWhenOverdue && place.Request.Deadline <= now)
                .Select(place => place.Request),
        ];
        _places.RemoveAll(place => overdue.Contains(place.Request));
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
        int room = limits.OneRequest
            ? head.Left
            : BatchPolicy
                .Decide(
                    new QueueView(together.Sum(place => (long)place.Left), head.Arrival, head.Request.Deadline),
                    now,
                    limits,
                    cost
                )
                .Size;
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

    private static (bool, uint, TimeSpan) Order(Place place) => (place.Background, place.Priority, place.Due);

    private sealed record Place(QueuedRequest Request, bool Background, uint Priority, TimeSpan Due, TimeSpan Arrival)
    {
        public int Left { get; set; }
    }
}
