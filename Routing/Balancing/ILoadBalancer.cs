using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Balancing;

/// <summary>
/// Divides requests among replicas (θ_A <c>load_balance</c>). Pure: everything it may use is an argument.
/// </summary>
public interface ILoadBalancer
{
    /// <summary>Its name in plans and pins.</summary>
    string Name { get; }

    /// <summary>Chooses one of at least two candidates, all of which answer.</summary>
    /// <param name="candidates">The replicas.</param>
    /// <param name="request">The request.</param>
    /// <param name="now">The router's clock.</param>
    /// <param name="random">A number in [0, 1), evenly spread over successive calls.</param>
    /// <returns>An index into <paramref name="candidates"/>.</returns>
    int Pick(ReadOnlySpan<ReplicaTarget> candidates, in RouteRequest request, TimeSpan now, double random);
}
