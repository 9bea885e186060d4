namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>Empties this node before its process ends, so that no request is on its way here when it does.</summary>
public interface INodeDrain
{
    /// <summary>From now on this node is not ready, which is what a load balancer asks for.</summary>
    void Announce();

    /// <summary>
    /// Tells the director, and ends when no node's table sends requests here any more and none that was sent here is
    /// left, or the time for that is over; at once on a node without company. Requests that still come are answered.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait; the node stays not ready.</param>
    Task BeginAsync(CancellationToken cancellationToken);
}
