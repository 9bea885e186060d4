using BenchmarkDotNet.Attributes;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Micro;

/// <summary>
/// Requests into the queue and out of it again in batches of up to 32. The times are those of all requests together.
/// </summary>
public class ReplicaQueueBenchmarks
{
    private static readonly BatchLimits Limits = new() { MaxRows = 32, FillToMax = true };

    private readonly ReplicaQueue<QueuedRequest> _queue = new();
    private readonly List<BatchEntry<QueuedRequest>> _batch = new(32);
    private QueuedRequest[] _requests = [];
    private TimeSpan[] _due = [];

    /// <summary>Requests waiting at once.</summary>
    [Params(1, 32, 1024)]
    public int Requests { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        InferenceCall request = new() { ModelName = "model", Inputs = [] };
        _requests = [.. Enumerable.Range(0, Requests).Select(_ => new QueuedRequest(request, 1, ShapeSignature.Fixed))];

        // Objectives in no order: a heap that is filled in order has nothing to do.
        Random random = new(1);
        _due = [.. _requests.Select(_ => TimeSpan.FromMilliseconds(random.Next(1, 1000)))];
    }

    [Benchmark]
    public int AddAndTake()
    {
        for (int i = 0; i < _requests.Length; i++)
        {
            _queue.Add(_requests[i], priority: 1, _due[i], TimeSpan.Zero);
        }

        int batches = 0;
        while (_queue.TryTake(TimeSpan.Zero, Limits, default, _batch, out _))
        {
            _batch.Clear();
            batches++;
        }

        return batches;
    }
}
