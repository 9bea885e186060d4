namespace OrleansInference.Engine.Batching;

/// <summary>
/// The bounded queue in front of a replica, in order of <see cref="OrderKey"/>, one lane per <see cref="ShapeSignature"/>.
/// A plain data structure: its owner locks. The simulator runs the same class.
/// </summary>
public sealed class ReplicaQueue
{
    private readonly Dictionary<ShapeSignature, Lane> _lanes = [];
    private Lane? _spare;
    private long _sequence;

    /// <summary>Requests waiting, each counted once however many rows it has.</summary>
    public int Count { get; private set; }

    /// <summary>Rows waiting.</summary>
    public long Rows { get; private set; }

    /// <summary>The earliest deadline among those that are dropped when overdue, found by <see cref="TakeOverdue"/>.</summary>
    public TimeSpan NextDeadline { get; private set; } = TimeSpan.MaxValue;

    /// <summary>Adds a request at <paramref name="now"/>; <paramref name="due"/> is what orders it within its priority.</summary>
    public void Add(QueuedRequest request, uint priority, TimeSpan due, TimeSpan now)
    {
        request.Key = new OrderKey(request.Request.Background, priority, due, _sequence++);
        request.Arrival = now;
        request.IsQueued = true;
        if (!_lanes.TryGetValue(request.Signature, out Lane? lane)) _lanes.Add(request.Signature, lane = NewLane());
        lane.Heap.Enqueue(request, request.Key);
        lane.Rows += request.Rows;
        Rows += request.Rows;
        Count++;
        if (request.DropWhenOverdue && request.Deadline < NextDeadline) NextDeadline = request.Deadline;
    }

    /// <summary>Takes a cancelled or failed request out; false when it was not waiting.</summary>
    public bool Remove(QueuedRequest request)
    {
        if (!request.IsQueued) return false;
        request.IsQueued = false;
        Lane lane = _lanes[request.Signature];
        int rows = request.Rows - request.RowsTaken;
        lane.Rows -= rows;
        Rows -= rows;
        Count--;
        lane.Forget();
        if (lane.Heap.Count == 0) Drop(request.Signature, lane);
        return true;
    }

    /// <summary>Rows that would run before a request with this key.</summary>
    public long RowsAhead(uint priority, TimeSpan due, bool background = false)
    {
        OrderKey key = new(background, priority, due, long.MaxValue);
        long rows = 0;
        foreach (Lane lane in _lanes.Values)
        {
            foreach ((QueuedRequest waiting, OrderKey place) in lane.Heap.UnorderedItems)
            {
                if (waiting.IsQueued && place < key) rows += waiting.Rows - waiting.RowsTaken;
            }
        }

        return rows;
    }

    /// <summary>Moves every request that is past its deadline at <paramref name="now"/> from the queue into <paramref name="overdue"/>.</summary>
    public void TakeOverdue(TimeSpan now, List<QueuedRequest> overdue)
    {
        if (now < NextDeadline) return;
        NextDeadline = TimeSpan.MaxValue;
        foreach (Lane lane in _lanes.Values)
        {
            foreach ((QueuedRequest waiting, OrderKey _) in lane.Heap.UnorderedItems)
            {
                if (!waiting.IsQueued || !waiting.DropWhenOverdue) continue;
                if (waiting.Deadline <= now) overdue.Add(waiting);
                else if (waiting.Deadline < NextDeadline) NextDeadline = waiting.Deadline;
            }
        }

        foreach (QueuedRequest request in overdue) Remove(request);
    }

    /// <summary>
    /// Asks <see cref="BatchPolicy"/> and, if it says so, moves the next rows into <paramref name="batch"/>: requests in
    /// order while they fit whole, or a part of the first one where it alone is larger than the batch.
    /// </summary>
    /// <returns>Whether there is a batch; if not, how long to wait before asking again.</returns>
    public bool TryTake(TimeSpan now, BatchLimits limits, BatchCost cost, List<BatchEntry> batch, out TimeSpan wait)
    {
        wait = TimeSpan.MaxValue;
        (ShapeSignature? signature, Lane? lane) = First();
        if (lane is null) return false;
        QueuedRequest head = lane.Heap.Peek();
        if (limits.OneRequest)
        {
            TakeWhole(signature!, lane, batch);
            return true;
        }

        BatchDecision decision = BatchPolicy.Decide(new QueueView(lane.Rows, head.Arrival, head.Deadline), now, limits, cost);
        wait = decision.Wait;
        if (decision.Size == 0) return false;

        int room = decision.Size;
        while (room > 0 && lane.TryPeek(out QueuedRequest? next))
        {
            int left = next.Rows - next.RowsTaken;
            if (left > room && batch.Count > 0) break;
            int rows = Math.Min(left, room);
            batch.Add(new BatchEntry(next, next.RowsTaken, rows));
            next.RowsTaken += rows;
            lane.Rows -= rows;
            Rows -= rows;
            room -= rows;
            if (next.RowsTaken < next.Rows)
            {
                next.AddReader();
                break;
            }

            // Its last rows: the batch takes over the queue's hold on the inputs.
            next.IsQueued = false;
            Count--;
            lane.Heap.Dequeue();
        }

        if (lane.Heap.Count == 0) Drop(signature!, lane);
        return true;
    }

    /// <summary>Takes what is left of the first request, and nothing beside it.</summary>
    private void TakeWhole(ShapeSignature signature, Lane lane, List<BatchEntry> batch)
    {
        QueuedRequest head = lane.Heap.Dequeue();
        int rows = head.Rows - head.RowsTaken;
        batch.Add(new BatchEntry(head, head.RowsTaken, rows));
        head.RowsTaken = head.Rows;
        head.IsQueued = false;
        lane.Rows -= rows;
        Rows -= rows;
        Count--;
        if (lane.Heap.Count == 0) Drop(signature, lane);
    }

    private Lane NewLane()
    {
        Lane lane = _spare ?? new Lane();
        _spare = null;
        return lane;
    }

    /// <summary>A queue that is mostly empty loses and makes a lane with every request: the last one is kept for the next.</summary>
    private void Drop(ShapeSignature signature, Lane lane)
    {
        _lanes.Remove(signature);
        _spare = lane;
    }

    private (ShapeSignature? Signature, Lane? Lane) First()
    {
        ShapeSignature? signature = null;
        Lane? first = null;
        OrderKey key = default;
        foreach ((ShapeSignature candidate, Lane lane) in _lanes)
        {
            if (!lane.TryPeek(out QueuedRequest? head) || (first is not null && head.Key > key)) continue;
            (signature, first, key) = (candidate, lane, head.Key);
        }

        return (signature, first);
    }

    private sealed class Lane
    {
        private int _forgotten;

        public PriorityQueue<QueuedRequest, OrderKey> Heap { get; private set; } = new();

        public long Rows { get; set; }

        public bool TryPeek([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out QueuedRequest? head)
        {
            while (Heap.TryPeek(out head, out _))
            {
                if (head.IsQueued) return true;
                Heap.Dequeue();
                _forgotten--;
            }

            return false;
        }

        /// <summary>A heap cannot remove from its middle: removed requests stay until they surface or outnumber the rest.</summary>
        public void Forget()
        {
            _forgotten++;
            if (_forgotten * 2 <= Heap.Count) return;
            PriorityQueue<QueuedRequest, OrderKey> kept = new();
            foreach ((QueuedRequest waiting, OrderKey place) in Heap.UnorderedItems)
            {
                if (waiting.IsQueued) kept.Enqueue(waiting, place);
            }

            Heap = kept;
            _forgotten = 0;
        }
    }
}
