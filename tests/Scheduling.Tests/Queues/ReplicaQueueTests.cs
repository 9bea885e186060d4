using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Scheduling.Tests.Queues;

public sealed class ReplicaQueueTests
{
    private static readonly BatchLimits Limits = new() { MaxRows = 8, FillToMax = true };
    private readonly ReplicaQueue<QueuedRequest> _queue = new();

    [Fact]
    public void TryTake_PrioritiesAndDueTimes_ComeInOrder()
    {
        Add("late", due: 9);
        Add("early", due: 3);
        Add("urgent", due: 20, priority: 1);
        Add("same-as-early", due: 3);

        Assert.Equal(["urgent", "early", "same-as-early", "late"], Take().Select(entry => entry.Request.Request.Id));
        Assert.Equal((0, 0), (_queue.Count, _queue.Rows));
    }

    [Fact]
    public void TryTake_ARequestThatDoesNotFit_EndsTheBatchWhole()
    {
        Add("a", rows: 5);
        Add("b", rows: 4);
        Add("c", rows: 1);

        Assert.Equal([("a", 0, 5)], Shape(Take()));
        Assert.Equal([("b", 0, 4), ("c", 0, 1)], Shape(Take()));
    }

    [Fact]
    public void TryTake_ARequestLargerThanABatch_ComesInParts()
    {
        Add("big", rows: 20);
        Add("small", rows: 1);

        Assert.Equal([("big", 0, 8)], Shape(Take()));
        Assert.Equal(2, _queue.Count);
        Assert.Equal([("big", 8, 8)], Shape(Take()));
        Assert.Equal([("big", 16, 4), ("small", 0, 1)], Shape(Take()));
        Assert.Equal((0, 0), (_queue.Count, _queue.Rows));
    }

    [Fact]
    public void TryTake_OtherShapes_NeverShareABatch()
    {
        ShapeSignature wide = new([1, 100]);
        ShapeSignature narrow = new([1, 10]);
        Add("w1", signature: wide, due: 1);
        Add("n1", signature: narrow, due: 2);
        Add("w2", signature: new ShapeSignature([1, 100]), due: 3);
        Add("alone1", signature: ShapeSignature.Unique(), due: 4);
        Add("alone2", signature: ShapeSignature.Unique(), due: 4);

        Assert.Equal(["w1", "w2"], Take().Select(entry => entry.Request.Request.Id));
        Assert.Equal(["n1"], Take().Select(entry => entry.Request.Request.Id));
        Assert.Equal(["alone1"], Take().Select(entry => entry.Request.Request.Id));
        Assert.Equal(["alone2"], Take().Select(entry => entry.Request.Request.Id));
    }

    [Fact]
    public void Remove_FromTheMiddle_IsNeverTaken()
    {
        QueuedRequest[] requests = [.. Enumerable.Range(0, 100).Select(i => Add($"{i}", due: i))];
        foreach (QueuedRequest request in requests.Where((_, i) => i % 3 == 0))
        {
            Assert.True(_queue.Remove(request));
        }

        Assert.False(_queue.Remove(requests[0]));
        List<string> taken = [];
        while (_queue.Count > 0)
        {
            taken.AddRange(Take().Select(entry => entry.Request.Request.Id));
        }
        Assert.Equal(Enumerable.Range(0, 100).Where(i => i % 3 != 0).Select(i => $"{i}"), taken);
        Assert.Equal(0, _queue.Rows);
    }

    [Fact]
    public void TakeOverdue_PastDeadlines_LeaveTheQueue()
    {
        Add("a", deadline: 5);
        Add("b", deadline: 15);
        Add("c");
        Assert.Equal(TimeSpan.FromSeconds(5), _queue.NextDeadline);

        List<QueuedRequest> overdue = [];
        _queue.TakeOverdue(TimeSpan.FromSeconds(10), overdue);

        Assert.Equal(["a"], overdue.Select(request => request.Request.Id));
        Assert.Equal(TimeSpan.FromSeconds(15), _queue.NextDeadline);
        Assert.Equal(2, _queue.Count);
    }

    [Fact]
    public void RowsAhead_ByOrder_CountsOnlyWhatRunsBefore()
    {
        Add("a", rows: 3, due: 1);
        Add("b", rows: 4, due: 10);
        Add("c", rows: 5, due: 100, priority: 1);

        Assert.Equal(8, _queue.RowsAhead(priority: 2, due: TimeSpan.FromSeconds(5)));
        Assert.Equal(0, _queue.RowsAhead(priority: 1, due: TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void TryTake_BackgroundRequests_ComeAfterAllOthers()
    {
        Add("background", due: 1, priority: 1, background: true);
        Add("late", due: 99, priority: 5);
        Add("background, later", due: 2, priority: 1, background: true);

        Assert.Equal(1, _queue.RowsAhead(priority: 9, due: TimeSpan.FromSeconds(100)));
        Assert.Equal(2, _queue.RowsAhead(priority: 1, due: TimeSpan.FromSeconds(1), background: true));
        Assert.Equal(["late", "background", "background, later"], Take().Select(entry => entry.Request.Request.Id));
    }

    private static IEnumerable<(string, int, int)> Shape(List<BatchEntry<QueuedRequest>> batch) =>
        batch.Select(entry => (entry.Request.Request.Id, entry.Start, entry.Rows));

    private QueuedRequest Add(
        string id,
        int rows = 1,
        int due = 1,
        uint priority = 2,
        ShapeSignature? signature = null,
        int? deadline = null,
        bool background = false
    )
    {
        QueuedRequest request = new(
            new InferenceCall
            {
                ModelName = "m",
                Id = id,
                Inputs = [],
                Background = background,
            },
            rows,
            signature ?? ShapeSignature.Fixed
        );
        if (deadline is { } seconds)
        {
            request.Deadline = TimeSpan.FromSeconds(seconds);
        }
        _queue.Add(request, priority, TimeSpan.FromSeconds(due), now: TimeSpan.Zero);
        return request;
    }

    private List<BatchEntry<QueuedRequest>> Take()
    {
        List<BatchEntry<QueuedRequest>> batch = [];
        Assert.True(_queue.TryTake(TimeSpan.FromSeconds(1), Limits, default, batch, out _));
        return batch;
    }
}
