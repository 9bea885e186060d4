namespace OrleansInference.Simulation.Workloads;

/// <summary>Requests in order of time.</summary>
/// <param name="Arrivals">The requests.</param>
/// <param name="Seconds">How long they come.</param>
public sealed record Workload(Arrival[] Arrivals, double Seconds);
