using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine.Diagnostics;

/// <summary>The last requests of this node in a ring of reused entries: remembering one allocates nothing.</summary>
public sealed class RequestLog(TimeProvider time) : IRequestLog
{
    /// <summary>Requests remembered.</summary>
    public const int Capacity = 4096;

    private readonly Lock _lock = new();
    private readonly Entry[] _ring = new Entry[Capacity];
    private long _next;

    /// <summary>Remembers a request that is being answered now.</summary>
    internal void Add(in Entry entry)
    {
        lock (_lock)
        {
            _ring[_next++ % Capacity] = entry with { AnsweredAt = time.GetTimestamp() };
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<RequestRecord> Find(string modelName, string id, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        Entry[] entries;
        // Copied and let go: answers wait for this lock, and need not wait for sorting.
        lock (_lock)
        {
            entries = _ring[..(int)Math.Min(_next, Capacity)];
        }
        return
        [
            .. entries
                .Where(entry =>
                    (modelName.Length == 0 || entry.ModelName == modelName) && (id.Length == 0 || entry.Id == id)
                )
                .OrderByDescending(entry => entry.Elapsed)
                .Take(limit)
                .Select(Record),
        ];
    }

    /// <summary>Requests remembered since the start.</summary>
    public long Written
    {
        get
        {
            lock (_lock)
            {
                return _next;
            }
        }
    }

    /// <summary>
    /// Those remembered since a moment, in order, with their numbers; what the ring has lost meanwhile is left out.
    /// </summary>
    /// <param name="cursor">The number that the last look ended with; moved to the next.</param>
    public IReadOnlyList<(long Number, RequestRecord Record)> Since(ref long cursor)
    {
        Entry[] entries;
        long first;
        lock (_lock)
        {
            first = Math.Max(cursor, _next - Capacity);
            entries = new Entry[_next - first];
            for (int i = 0; i < entries.Length; i++)
            {
                entries[i] = _ring[(first + i) % Capacity];
            }
            cursor = _next;
        }

        return [.. entries.Select((entry, i) => (first + i, Record(entry)))];
    }

    private RequestRecord Record(Entry entry) =>
        new()
        {
            Id = entry.Id,
            ModelName = entry.ModelName,
            ModelVersion = entry.ModelVersion,
            Arrival = time.GetUtcNow() - time.GetElapsedTime(entry.AnsweredAt) - entry.Elapsed,
            Outcome = entry.Outcome,
            Rows = entry.Rows,
            Timings = entry.Timings,
            RowsAhead = entry.RowsAhead,
            RunsUnderWay = entry.RunsUnderWay,
            Concurrency = entry.Concurrency,
            Reason = WaitReason.Explain(entry),
        };

    /// <summary>One remembered request.</summary>
    internal readonly record struct Entry
    {
        public string Id { get; init; }

        public string ModelName { get; init; }

        public string ModelVersion { get; init; }

        public long AnsweredAt { get; init; }

        public TimeSpan Elapsed { get; init; }

        public InferenceError Outcome { get; init; }

        public string Message { get; init; }

        public int Rows { get; init; }

        public InferenceTimings Timings { get; init; }

        public long RowsAhead { get; init; }

        public int RunsUnderWay { get; init; }

        public int Concurrency { get; init; }

        public TimeSpan MaxDelay { get; init; }
    }
}
