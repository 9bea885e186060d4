namespace OrleansInference.Grains.Nodes;

/// <summary>A search found that the processor was not its own: what it measured says nothing.</summary>
/// <param name="reason">What it noticed.</param>
internal sealed class DisturbedException(string reason) : Exception(reason);
