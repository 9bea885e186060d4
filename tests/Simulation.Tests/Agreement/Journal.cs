using System.Globalization;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Simulation.Tests.Agreement;

/// <summary>What replicas decided, a line each, in order.</summary>
internal sealed class Journal
{
    private readonly SortedSet<int> _dropped = [];
    private readonly HashSet<int> _admitted = [];
    private readonly List<string> _lines = [];

    /// <summary>Admissions and batches, in order.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Requests that waited beyond their deadline.</summary>
    public IReadOnlySet<int> Dropped => _dropped;

    public IReadOnlySet<int> Admitted => _admitted;

    public void Arrived(TimeSpan now, int request, bool isAdmitted)
    {
        if (isAdmitted)
        {
            _admitted.Add(request);
        }
        Add(now, $"request {request} {(isAdmitted ? "admitted" : "refused")}");
    }

    public void Drop(int request) => _dropped.Add(request);

    public void Began<TRequest>(TimeSpan now, List<BatchEntry<TRequest>> batch, Func<TRequest, int> index)
        where TRequest : QueuedRequest =>
        Add(
            now,
            "runs " + string.Join(", ", batch.Select(entry => $"{index(entry.Request)}[{entry.Start}+{entry.Rows}]"))
        );

    private void Add(TimeSpan now, string what) =>
        _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{now.TotalMilliseconds} ms: {what}"));
}
