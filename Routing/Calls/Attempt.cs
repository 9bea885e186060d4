using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Routing.Calls;

/// <summary>What became of sending a request to one replica.</summary>
/// <param name="Response">The answer; null where the node was lost.</param>
/// <param name="Reason">Why it was lost.</param>
internal readonly record struct Attempt(InferenceAnswer? Response, string Reason)
{
    /// <summary>Whether another replica may do better: the node was lost, or no longer serves the model.</summary>
    public bool MayRetry => Response is null || Response.Error is InferenceError.Unavailable or InferenceError.NotFound;
}
