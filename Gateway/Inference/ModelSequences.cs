using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>The sequences of a model whose requests belong to sequences.</summary>
internal sealed class ModelSequences(IRequestDispatcher dispatcher, string model, string version)
{
    /// <summary>Ends the sequence of a request that was refused before it could run.</summary>
    /// <param name="sequence">The sequence; null or empty where the request names none, and nothing ends.</param>
    /// <param name="reason">Why the request was refused.</param>
    public void Break(string? sequence, string reason)
    {
        if (!string.IsNullOrEmpty(sequence))
        {
            dispatcher.BreakSequence(model, version, sequence, reason);
        }
    }
}
