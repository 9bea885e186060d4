namespace OrleansInference.Simulation.Core;

/// <summary>What happens at a moment of simulated time.</summary>
internal enum EventKind : byte
{
    /// <summary>A request that was sent to another node gets there.</summary>
    Delivery,

    /// <summary>A batch ends.</summary>
    BatchEnd,

    /// <summary>A replica looks at its queue because a delay or a deadline is over.</summary>
    Wake,

    /// <summary>A model has been loaded.</summary>
    Loaded,

    /// <summary>The nodes' own agents decide.</summary>
    FastLoop,

    /// <summary>The director looks at the cluster.</summary>
    Look,

    /// <summary>Reports that were sent some time ago reach the director.</summary>
    Reports,

    /// <summary>Something of the scenario happens: a node is lost or slowed down.</summary>
    Incident,
}
