namespace OrleansInference.Simulation.Recorded;

/// <summary>What is read of a node's recorded second.</summary>
internal sealed class RecordedNodeRow
{
    /// <summary>Its name.</summary>
    public string Node { get; set; } = "";

    /// <summary>Its cores.</summary>
    public int Cores { get; set; }

    /// <summary>Megabits per second of its link; 0 where unknown.</summary>
    public double LinkMbps { get; set; }
}
