using BenchmarkDotNet.Attributes;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Micro;

/// <summary>What one request costs in a queue in which many wait, their objectives and deadlines in no order.</summary>
public class LongQueueBenchmarks
{
    private static readonly BatchLimits OneRow = new() { MaxRows = 1, FillToMax = true };
    private static readonly InferenceCall Request = new() { ModelName = "model", Inputs = [] };

    private readonly ReplicaQueue<QueuedRequest> _queue = new();
    private readonly List<BatchEntry<QueuedRequest>> _batch = new(1);
    private readonly List<QueuedRequest> _overdue = new(1);
    private readonly Random _random = new(1);
    private QueuedRequest[] _requests = [];
    private QueuedRequest _spare = null!;
    private long _now;

    /// <summary>Requests waiting.</summary>
    [Params(10, 1_000, 50_000)]
    public int Waiting { get; set; }

    /// <summary>Which of them can share a run.</summary>
    [Params(QueueLanes.One, QueueLanes.Hundred, QueueLanes.Unique)]
    public QueueLanes Lanes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _requests = [.. Enumerable.Range(0, Waiting).Select(NewRequest)];
        _spare = NewRequest(Waiting);
        foreach (QueuedRequest request in _requests)
        {
            Add(request);
        }
    }

    /// <summary>What is asked for each request with a deadline.</summary>
    [Benchmark]
    public long RowsAhead() => _queue.RowsAhead(priority: 1, Place());

    /// <summary>The way of every request: one comes, and the first one is taken.</summary>
    [Benchmark]
    public void AddAndTakeOne()
    {
        Add(_spare);
        _queue.TryTake(TimeSpan.Zero, OneRow, default, _batch, out _);
        _spare = _batch[0].Request;
        _batch.Clear();
    }

    /// <summary>One of them is cancelled, and a new one comes.</summary>
    [Benchmark]
    public void RemoveAndAdd()
    {
        int index = _random.Next(Waiting);
        _queue.Remove(_requests[index]);
        _requests[index] = NewRequest(index);
        Add(_requests[index]);
    }

    /// <summary>A new one comes whose deadline passes before all others'.</summary>
    [Benchmark]
    public int AddAndTakeOverdue()
    {
        QueuedRequest request = NewRequest(0);
        request.Deadline = TimeSpan.Zero;
        _queue.Add(request, priority: 1, Place(), TimeSpan.Zero);
        _queue.TakeOverdue(TimeSpan.Zero, _overdue);
        int overdue = _overdue.Count;
        _overdue.Clear();
        return overdue;
    }

    private void Add(QueuedRequest request) => _queue.Add(request, priority: 1, Later(), TimeSpan.Zero);

    /// <summary>Anywhere among those that wait.</summary>
    private TimeSpan Place() => _requests[_random.Next(Waiting)].Key.Due;

    /// <summary>Time goes on, so that those that came first go first in the long run.</summary>
    private TimeSpan Later() => TimeSpan.FromTicks(++_now + _random.Next(1, 1 + (Waiting / 2)));

    private QueuedRequest NewRequest(int index) =>
        new(Request, 1, Signature(index)) { Deadline = TimeSpan.FromHours(1) + Later() };

    private ShapeSignature Signature(int index) =>
        Lanes switch
        {
            QueueLanes.One => ShapeSignature.Fixed,
            QueueLanes.Hundred => new ShapeSignature([1, index % 100]),
            _ => ShapeSignature.Unique(),
        };
}
