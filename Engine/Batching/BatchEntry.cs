namespace OrleansInference.Engine.Batching;

/// <summary>A request's rows <c>[Start, Start + Rows)</c> in one batch.</summary>
public readonly record struct BatchEntry(QueuedRequest Request, int Start, int Rows)
{
    /// <summary>Whether the batch takes all of the request.</summary>
    public bool IsWhole => Rows == Request.Rows;
}
