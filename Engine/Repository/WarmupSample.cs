using OrleansInference.Engine.Batching;

namespace OrleansInference.Engine.Repository;

/// <summary>One of a configuration's <c>model_warmup</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Row">A request of one row.</param>
/// <param name="Rows">How many of it make a batch, at least 1.</param>
/// <param name="Count">How often the batch runs, at least 1.</param>
internal sealed record WarmupSample(string Name, QueuedInference Row, int Rows, int Count);
