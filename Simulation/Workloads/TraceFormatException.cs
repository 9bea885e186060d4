namespace OrleansInference.Simulation.Workloads;

/// <summary>A trace cannot be read; the message says where and what was expected.</summary>
public sealed class TraceFormatException(string message) : Exception(message);
