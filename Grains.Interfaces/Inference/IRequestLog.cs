namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>The requests that this node answered last, for operators who ask why one of them waited.</summary>
public interface IRequestLog
{
    /// <summary>
    /// Finds remembered requests, the slowest first.
    /// </summary>
    /// <param name="modelName">Only of this model; empty for all.</param>
    /// <param name="id">Only with this request id; empty for all.</param>
    /// <param name="limit">Most of them, from 1.</param>
    IReadOnlyList<RequestRecord> Find(string modelName, string id, int limit);
}
