using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Simulation.World;

/// <summary>A model of the world.</summary>
public sealed record WorldModel
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its place in a list that a law may look it up by.</summary>
    public int Index { get; init; }

    /// <summary>What a run takes, alone on a node of speed 1.</summary>
    public BatchCost Cost { get; init; } = new(0, 0.005);

    /// <summary>Most rows of a run.</summary>
    public int MaxRows { get; init; } = 64;

    /// <summary>How much memory bandwidth a run of it takes and suffers from, 0 to 1.</summary>
    public double Intensity { get; init; } = 0.3;

    /// <summary>Part of a run that more threads do not shorten, 0 to 1 (Amdahl).</summary>
    public double SerialPart { get; init; } = 0.3;

    /// <summary>Bytes of one replica.</summary>
    public long MemoryBytes { get; init; } = 512L << 20;

    /// <summary>Seconds that loading and warming takes.</summary>
    public double LoadSeconds { get; init; } = 2;

    /// <summary>Latency objective and deadline, seconds.</summary>
    public double SloSeconds { get; init; } = 0.1;

    /// <summary>Bytes of a row's inputs.</summary>
    public int RequestBytes { get; init; } = 4096;

    /// <summary>Bytes of a row's outputs.</summary>
    public int AnswerBytes { get; init; } = 4096;
}
