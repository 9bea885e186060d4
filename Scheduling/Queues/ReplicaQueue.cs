using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Scheduling.Queues;

/// <summary>
/// The bounded queue in front of a replica, in order of <see cref="OrderKey"/>, one lane per
/// <see cref="ShapeSignature"/> that several requests can have. What is done to a request takes expected time
/// logarithmic in the number that wait, amortized over the requests where lanes come to be. A plain data structure: its
/// owner locks. The simulator runs the same class.
/// </summary>
/// <typeparam name="TRequest">What who runs the batches keeps of a request.</typeparam>
public sealed class ReplicaQueue<TRequest>
    where TRequest : QueuedRequest
{
    private readonly RequestTree<LineIndex> _line = new();
    private readonly Dictionary<ShapeSignature, QueueLane> _lanes = [];
    private ShapeSignature? _shared;
    private QueueLane? _empty;
    private readonly Dictionary<ulong, int>? _byPriority;
    private long _sequence;

    /// <summary>Creates it, with nothing waiting.</summary>
    /// <param name="countsPriorities">Whether <see cref="CountOf"/> is going to be asked.</param>
    public ReplicaQueue(bool countsPriorities = false) => _byPriority = countsPriorities ? [] : null;

    /// <summary>Requests waiting, each counted once however many rows it has.</summary>
    public int Count { get; private set; }

    /// <summary>Rows waiting.</summary>
    public long Rows => _line.Rows;

    /// <summary>
    /// The earliest deadline of those waiting, at which they are dropped or put behind the others;
    /// <see cref="TimeSpan.MaxValue"/> without one.
    /// </summary>
    public TimeSpan NextDeadline => _line.Earliest;

    /// <summary>Requests of a priority that wait, in a queue that counts them.</summary>
    public int CountOf(ulong priority) => _byPriority!.GetValueOrDefault(priority);

    /// <summary>
    /// Adds a request, with all its rows, at <paramref name="now"/>; <paramref name="due"/> is what orders it within
    /// its priority.
    /// </summary>
    /// <exception cref="InvalidOperationException">It waits already.</exception>
    public void Add(TRequest request, ulong priority, TimeSpan due, TimeSpan now)
    {
        if (request.IsQueued)
        {
            throw new InvalidOperationException(
                "the request waits in a queue already; it can be added again once it has left it"
            );
        }
        request.Key = new OrderKey(request.Request.Background, priority, due, _sequence++);
        request.Arrival = now;
        // Fixed from here on: the tree keeps the earliest of them, and does not see one that changes.
        request.LapsesAt = request.Deadline;
        request.RowsTaken = 0;
        request.IsQueued = true;
        request.Level = Level(request.Key.Sequence);
        if (Count == 0)
        {
            _shared = request.Signature;
        }
        else if (_shared is not null && !_shared.Equals(request.Signature))
        {
            Split();
        }
        _line.Add(request);
        if (_shared is null)
        {
            AddToLane(request);
        }
        Count++;
        CountPriority(priority, 1);
    }

    /// <summary>Takes a cancelled or failed request out; false when it was not waiting.</summary>
    public bool Remove(TRequest request)
    {
        if (!request.IsQueued)
        {
            return false;
        }
        Leave(request);
        return true;
    }

    /// <summary>Rows that would run before a request with this key.</summary>
    public long RowsAhead(ulong priority, TimeSpan due, bool background = false) =>
        // Of those with the same due time it would be the last.
        _line.RowsBefore(new OrderKey(background, priority, due, long.MaxValue));

    /// <summary>
    /// Moves every request that is past its deadline at <paramref name="now"/> from the queue into
    /// <paramref name="overdue"/>, in order. Those that are served late stay, behind all of their priority that are in
    /// time.
    /// </summary>
    public void TakeOverdue(TimeSpan now, List<TRequest> overdue)
    {
        while (_line.FirstOverdue(now) is { } next)
        {
            if (!next.DropWhenOverdue)
            {
                PutBehind(next);
                continue;
            }
            overdue.Add((TRequest)next);
            Leave(next);
        }
    }

    /// <summary>
    /// Asks <see cref="BatchPolicy"/> and, if it says so, moves the next rows into <paramref name="batch"/>: requests
    /// in order while they fit whole, or a part of the first one where it alone is larger than the batch.
    /// </summary>
    /// <returns>Whether there is a batch; if not, how long to wait before asking again.</returns>
    public bool TryTake(
        TimeSpan now,
        BatchLimits limits,
        BatchCost cost,
        List<BatchEntry<TRequest>> batch,
        out TimeSpan wait
    )
    {
        wait = TimeSpan.MaxValue;
        if (_line.First is not { } head)
        {
            return false;
        }
        // Rows that are not known to be independent run as they came: neither joined nor split (ADR 5).
        if (limits.OneRequest)
        {
            Take(head, head.RowsLeft, batch);
            return true;
        }

        // One in no lane shares its run with nobody: its own rows are all that can run.
        QueueLane? lane = head.Lane;
        long together = _shared is not null ? Rows : lane?.Requests.Rows ?? head.RowsLeft;
        QueueView view = new(together, head.Arrival, head.DropAt);
        BatchDecision decision =
            limits.PreferredRows.Count > 0
                ? BatchPolicy.Decide(view, Fill(head, lane, limits, cost), now, limits, cost)
                : BatchPolicy.Decide(view, now, limits, cost);
        wait = decision.Wait;
        if (decision.Size == 0)
        {
            return false;
        }

        int room = decision.Size;
        QueuedRequest? next = head;
        while (room > 0 && next is not null)
        {
            int left = next.RowsLeft;
            // One that is split waits for its last part: only a request that no batch could hold pays that.
            if (left > room && batch.Count > 0)
            {
                break;
            }
            int rows = limits.KeepsWhole ? left : Math.Min(left, room);
            Take(next, rows, batch);
            room -= rows;
            // What was taken whole has left, so that the next is the first again.
            next = _shared is not null ? _line.First : lane?.Requests.First;
        }

        return true;
    }

    /// <summary>
    /// Moves the next <paramref name="rows"/> rows of a request into a batch; with its last ones it leaves the queue.
    /// </summary>
    private void Take(QueuedRequest request, int rows, List<BatchEntry<TRequest>> batch)
    {
        batch.Add(new BatchEntry<TRequest>((TRequest)request, request.RowsTaken, rows));
        if (rows == request.RowsLeft)
        {
            Leave(request);
        }
        else
        {
            _line.Shrink(request, rows);
            request.Lane?.Requests.Shrink(request, rows);
        }

        // Last: the trees take off their sums what was left of it until now.
        request.RowsTaken += rows;
    }

    private void Leave(QueuedRequest request)
    {
        _line.Remove(request);
        if (request.Lane is { } lane)
        {
            RemoveFromLane(request, lane);
        }
        Count--;
        CountPriority(request.Key.Priority, -1);
        request.IsQueued = false;
    }

    private void CountPriority(ulong priority, int more)
    {
        if (_byPriority is null)
        {
            return;
        }
        int count = _byPriority.GetValueOrDefault(priority) + more;
        if (count == 0)
        {
            _byPriority.Remove(priority);
        }
        else
        {
            _byPriority[priority] = count;
        }
    }

    /// <summary>Puts an overdue request behind those of its priority that are in time; it is never overdue again.</summary>
    private void PutBehind(QueuedRequest request)
    {
        QueueLane? lane = request.Lane;
        _line.Remove(request);
        lane?.Requests.Remove(request);
        request.LapsesAt = TimeSpan.MaxValue;
        // One that has begun is answered when its last rows have run: it keeps its place.
        if (request.RowsTaken == 0)
        {
            request.Key = request.Key with { Due = TimeSpan.MaxValue };
        }
        _line.Add(request);
        lane?.Requests.Add(request);
    }

    /// <summary>What the next batch could be, by whole requests in order.</summary>
    private PreferredFill Fill(QueuedRequest head, QueueLane? lane, BatchLimits limits, BatchCost cost)
    {
        PreferredFill fill = new(limits, BatchPolicy.Cap(limits, cost));
        QueuedRequest? next = head;
        while (next is not null && fill.TryAdd(next.RowsLeft, next.Arrival))
        {
            next =
                _shared is not null ? RequestTree<LineIndex>.After(next)
                : lane is not null ? RequestTree<QueueLane.Index>.After(next)
                : null;
        }
        return fill;
    }

    /// <summary>
    /// While all that wait have one signature, the line is the lane. The first other one sorts them into lanes, each
    /// at most once: when the queue has been empty it begins anew.
    /// </summary>
    private void Split()
    {
        _shared = null;
        foreach (QueuedRequest request in _line.InOrder())
        {
            AddToLane(request);
        }
    }

    private void AddToLane(QueuedRequest request)
    {
        // One that equals no other runs alone: it needs no lane.
        if (request.Signature.IsUnique)
        {
            return;
        }
        if (!_lanes.TryGetValue(request.Signature, out QueueLane? lane))
        {
            lane = new QueueLane(request.Signature);
            _lanes.Add(request.Signature, lane);
        }

        if (lane == _empty)
        {
            _empty = null;
        }
        lane.Requests.Add(request);
        request.Lane = lane;
    }

    /// <summary>
    /// A queue that is mostly empty would lose and make a lane with every request: the last one without requests stays.
    /// </summary>
    private void RemoveFromLane(QueuedRequest request, QueueLane lane)
    {
        lane.Requests.Remove(request);
        request.Lane = null;
        if (lane.Requests.First is not null)
        {
            return;
        }
        if (_empty is not null)
        {
            _lanes.Remove(_empty.Signature);
        }
        _empty = lane;
    }

    /// <summary>
    /// The finalizer of MurmurHash3: neighbours in time get levels that have nothing to do with each other.
    /// </summary>
    private static uint Level(long sequence)
    {
        ulong hash = (ulong)sequence + 0x9E3779B97F4A7C15;
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53;
        return (uint)(hash >> 32);
    }

    /// <summary>All requests.</summary>
    private readonly struct LineIndex : IRequestIndex
    {
        static bool IRequestIndex.KeepsSums => true;

        static ref RequestLink IRequestIndex.Link(QueuedRequest request) => ref request.InLine;
    }
}
