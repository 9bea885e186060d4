using OrleansInference.Routing.Health;

namespace OrleansInference.Routing.Snapshots;

/// <summary>What routing needs to know of a request.</summary>
/// <param name="Model">The model.</param>
/// <param name="Version">The version, or empty for the highest.</param>
/// <param name="Rows">Rows of its inputs, ≥ 1.</param>
/// <param name="Bytes">Bytes of its inputs, ≥ 0: what a hop to another node costs.</param>
/// <param name="Timeout">Time left until its deadline; zero for none.</param>
/// <param name="Excluded">A node that has failed it already, or null.</param>
public readonly record struct RouteRequest(
    string Model,
    string Version,
    int Rows,
    long Bytes,
    TimeSpan Timeout,
    NodeState? Excluded
);
