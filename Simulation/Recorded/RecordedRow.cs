namespace OrleansInference.Simulation.Recorded;

/// <summary>What is read of a recorded request.</summary>
internal sealed class RecordedRow
{
    /// <summary>When it came, Unix milliseconds.</summary>
    public double ArrivedAt { get; set; }

    /// <summary>The model.</summary>
    public string Model { get; set; } = "";

    /// <summary>Its rows.</summary>
    public int Rows { get; set; }
}
