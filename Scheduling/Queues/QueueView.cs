namespace OrleansInference.Scheduling.Queues;

/// <summary>What a batching decision may know of a queue.</summary>
/// <param name="Rows">Rows waiting that can run together.</param>
/// <param name="HeadArrival">When the first in line was queued.</param>
/// <param name="HeadDeadline">When the first in line must be answered; <see cref="TimeSpan.MaxValue"/> without a
/// deadline.</param>
public readonly record struct QueueView(long Rows, TimeSpan HeadArrival, TimeSpan HeadDeadline);
