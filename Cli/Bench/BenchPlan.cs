namespace OrleansInference.Cli.Bench;

/// <summary>What to send.</summary>
/// <param name="Arrivals">Seconds from the start at which requests are sent; null for a closed loop.</param>
/// <param name="Concurrency">Callers of a closed loop; most requests under way in an open one.</param>
/// <param name="Seconds">How long is measured.</param>
/// <param name="WarmupSeconds">How long is sent before, unmeasured.</param>
internal sealed record BenchPlan(
    IReadOnlyList<double>? Arrivals,
    int Concurrency,
    double Seconds,
    double WarmupSeconds
);
