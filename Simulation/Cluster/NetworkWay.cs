using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Simulation.Cluster;

/// <summary>What the network between nodes takes.</summary>
internal static class NetworkWay
{
    private const double BytesPerMegabit = 125_000;

    /// <summary>Seconds to or from a replica: what routers reckon with, and the bytes on the sender's link.</summary>
    /// <param name="target">The replica, as the router of the request's entry knows it.</param>
    /// <param name="sender">Who sends.</param>
    /// <param name="bytes">Bytes.</param>
    public static double Seconds(ReplicaTarget target, SimulatedNode sender, long bytes) =>
        HopCost.Seconds(target.Node, bytes) + TransferSeconds(sender, bytes);

    /// <summary>Seconds of bytes on a node's link alone.</summary>
    public static double TransferSeconds(SimulatedNode node, double bytes) =>
        bytes / (node.Spec.LinkMbps * BytesPerMegabit);
}
