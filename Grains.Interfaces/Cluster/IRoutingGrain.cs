namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>
/// Gives clients the routing table of the silo that they are connected to; a stateless worker, whose key carries no
/// meaning.
/// </summary>
[Alias("OrleansInference.IRoutingGrain")]
public interface IRoutingGrain : IGrainWithIntegerKey
{
    /// <summary>The table; null where it is still the one of that epoch and sequence.</summary>
    [Alias("Get")]
    [ResponseTimeout("00:00:05")]
    Task<RoutingTable?> GetAsync(long epoch, long sequence);
}
