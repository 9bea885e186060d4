using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Scheduling.Batching;

/// <summary>A request's rows <c>[Start, Start + Rows)</c> in one batch.</summary>
/// <typeparam name="TRequest">What who runs the batch keeps of a request.</typeparam>
public readonly record struct BatchEntry<TRequest>(TRequest Request, int Start, int Rows)
    where TRequest : QueuedRequest
{
    /// <summary>Whether the batch takes all of the request.</summary>
    public bool IsWhole => Rows == Request.Rows;

    /// <summary>Whether no rows of the request are left behind it.</summary>
    public bool IsLast => Start + Rows == Request.Rows;
}
