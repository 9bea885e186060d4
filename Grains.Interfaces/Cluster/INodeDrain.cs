namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>Empties this node before its process ends, so that no request is on its way here when it does.</summary>
public interface INodeDrain
{
    /// <summary>From now on this node is not ready, which is what a load balancer asks for.</summary>
    void Announce();

    /// <summary>
    /// Asks the director to drain this node. It ends when no node's table sends requests here any more and none is
    /// left, or when its time is over. A node without company is drained at once. Requests that still come are
    /// answered.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait; the node stays not ready.</param>
    Task BeginAsync(CancellationToken cancellationToken);
}
