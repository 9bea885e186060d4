namespace OrleansInference.Agent.Policy;

/// <summary>A policy that was loaded.</summary>
/// <param name="Version">What it is called: its number among those kept, or its file's hash.</param>
/// <param name="Function">Its network. Thread-safe.</param>
public sealed record LearnedPolicy(string Version, PolicyFunction Function);
