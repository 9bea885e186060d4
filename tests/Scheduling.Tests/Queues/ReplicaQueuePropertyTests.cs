using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Scheduling.Tests.Queues;

/// <summary>Random sequences of operations, compared after each with <see cref="ListQueue"/>.</summary>
public sealed class ReplicaQueuePropertyTests
{
    private static readonly ShapeSignature[] Shapes = [ShapeSignature.Fixed, new([1, 2]), new([1, 3]), new([2])];

    private readonly ReplicaQueue<QueuedRequest> _queue = new(countsPriorities: true);
    private readonly ListQueue _expected = new();
    private readonly List<QueuedRequest> _all = [];
    private TimeSpan _now;

    /// <summary>
    /// What a model's requests are like: which signatures they have and whether they come faster than they go.
    /// </summary>
    public static TheoryData<int, string, bool> Models()
    {
        TheoryData<int, string, bool> models = [];
        foreach (string signatures in (string[])["one", "several", "unique", "mixed"])
        {
            for (int seed = 1; seed <= 10; seed++)
            {
                models.Add(seed, signatures, false);
                models.Add(seed, signatures, true);
            }
        }

        return models;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Operations_InRandomOrder_DoWhatAListDoes(int seed, string signatures, bool grows)
    {
        Random random = new(seed);
        for (int step = 0; step < 1_000; step++)
        {
            _now += TimeSpan.FromTicks(random.Next(3));
            switch (random.Next(grows ? 16 : 11))
            {
                case 0 or 1:
                    Remove(random);
                    break;
                case 2:
                    TakeOverdue();
                    break;
                case 3 or 4 or 5:
                    Take(random);
                    break;
                default:
                    Add(random, signatures);
                    break;
            }

            Compare(random);
        }

        while (_queue.Count > 0)
        {
            Take(random);
        }
        Compare(random);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Operations_AmongThousandsInOrder_DoWhatAListDoes(bool descending)
    {
        Random random = new(1);
        for (int i = 0; i < 3_000; i++)
        {
            Add(random, "several", due: descending ? 3_000 - i : i);
        }
        Compare(random);
        for (int i = 0; i < 300; i++)
        {
            Remove(random);
            Take(random);
            Compare(random);
        }
    }

    private void Add(Random random, string signatures, int? due = null)
    {
        InferenceCall asked = new()
        {
            ModelName = "m",
            Id = $"{_all.Count}",
            Inputs = [],
            Background = random.Next(5) == 0,
        };
        int rows = random.Next(4) == 0 ? random.Next(1, 40) : random.Next(1, 4);
        QueuedRequest request = new(asked, rows, Signature(random, signatures))
        {
            DropWhenOverdue = random.Next(4) > 0,
        };
        if (random.Next(3) > 0)
        {
            request.Deadline = _now + TimeSpan.FromTicks(random.Next(200));
        }
        uint priority = (uint)random.Next(1, 4);
        TimeSpan place = TimeSpan.FromTicks(due ?? random.Next(50));
        _queue.Add(request, priority, place, _now);
        _expected.Add(request, priority, place, _now);
        _all.Add(request);
    }

    private static ShapeSignature Signature(Random random, string signatures) =>
        signatures switch
        {
            "one" => ShapeSignature.Fixed,
            "several" => Shapes[random.Next(Shapes.Length)],
            "unique" => ShapeSignature.Unique(),
            _ => random.Next(3) == 0 ? ShapeSignature.Unique() : Shapes[random.Next(Shapes.Length)],
        };

    private void Remove(Random random)
    {
        if (_all.Count == 0)
        {
            return;
        }
        // Mostly one of the last, which is more likely to wait.
        int index =
            random.Next(4) == 0 ? random.Next(_all.Count) : _all.Count - 1 - random.Next(Math.Min(_all.Count, 50));
        Assert.Equal(_expected.Remove(_all[index]), _queue.Remove(_all[index]));
    }

    private void TakeOverdue()
    {
        List<QueuedRequest> overdue = [];
        _queue.TakeOverdue(_now, overdue);
        Assert.Equal(overdue.OrderBy(request => request.Key), overdue);
        Assert.Equal(_expected.TakeOverdue(_now), overdue.ToHashSet());
    }

    private void Take(Random random)
    {
        BatchLimits limits = new()
        {
            MaxRows = random.Next(1, 17),
            FillToMax = random.Next(2) == 0,
            RowLimit = random.Next(3) == 0 ? random.Next(1, 9) : 0,
            OneRequest = random.Next(6) == 0,
            PreferredRows = random.Next(3) == 0 ? [2, 4, 8] : [],
            MaxDelay = TimeSpan.FromTicks(random.Next(2) * random.Next(20)),
        };
        BatchCost cost = random.Next(2) == 0 ? default : new BatchCost(1e-7, 1e-7);
        List<BatchEntry<QueuedRequest>>? expected = _expected.TryTake(_now, limits, cost);
        List<BatchEntry<QueuedRequest>> batch = [];
        bool taken = _queue.TryTake(_now, limits, cost, batch, out TimeSpan wait);
        Assert.Equal(expected is not null, taken);
        Assert.Equal(expected ?? [], batch);
        if (!taken)
        {
            Assert.True(wait > TimeSpan.Zero);
        }
        // What waits for company would wait for ever when nothing comes.
        if (!taken)
        {
            _now += TimeSpan.FromTicks(5);
        }
    }

    private void Compare(Random random)
    {
        Assert.Equal(
            (_expected.Count, _expected.Rows, _expected.NextDeadline),
            (_queue.Count, _queue.Rows, _queue.NextDeadline)
        );
        for (int i = 0; i < 3; i++)
        {
            ulong priority = (ulong)random.Next(5);
            TimeSpan due = TimeSpan.FromTicks(random.Next(52) - 1);
            bool background = random.Next(3) == 0;
            Assert.Equal(_expected.CountOf(priority), _queue.CountOf(priority));
            Assert.Equal(_expected.RowsAhead(priority, due, background), _queue.RowsAhead(priority, due, background));
        }
    }
}
