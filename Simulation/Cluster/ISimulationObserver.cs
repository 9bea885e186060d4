namespace OrleansInference.Simulation.Cluster;

/// <summary>Told what the replicas of a simulation decide, as it happens.</summary>
internal interface ISimulationObserver
{
    /// <summary>A request came to a replica, and was let in or not.</summary>
    void Arrived(SimulatedRequest request, bool isAdmitted, TimeSpan now);

    /// <summary>A batch began to run.</summary>
    void Began(SimulatedBatch batch, TimeSpan now);

    /// <summary>A request that waited was given up: its deadline had passed.</summary>
    void Dropped(SimulatedRequest request, TimeSpan now);
}
