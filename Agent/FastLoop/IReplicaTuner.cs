using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.FastLoop;

/// <summary>
/// Sets one replica's knobs every half second, from what its node knows alone. Stateful, and pure but for that: time is
/// in its argument.
/// </summary>
public interface IReplicaTuner
{
    /// <summary>The knobs from now on.</summary>
    ReplicaKnobs Tune(in ReplicaView view);
}
