namespace OrleansInference.Simulation.World;

/// <summary>A node of the world.</summary>
public sealed record WorldNode
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its place in a list that a law may look it up by.</summary>
    public int Index { get; init; }

    /// <summary>Engine threads, ≥ 1: batches that run side by side.</summary>
    public int Cores { get; init; } = 4;

    /// <summary>Bytes for models.</summary>
    public long MemoryBytes { get; init; } = 8L << 30;

    /// <summary>Speed, 1 for that of the models' figures.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Megabits per second of its link, &gt; 0.</summary>
    public double LinkMbps { get; init; } = 10_000;
}
