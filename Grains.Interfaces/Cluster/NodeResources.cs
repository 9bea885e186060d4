namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>What a node has.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.NodeResources")]
public sealed record NodeResources
{
    /// <summary>Processor cores that its process may use.</summary>
    [Id(0)]
    public int Cores { get; init; }

    /// <summary>Bytes that its models may take together.</summary>
    [Id(1)]
    public long MemoryBytes { get; init; }

    /// <summary>Its devices by ONNX Runtime's provider names, such as <c>CPUExecutionProvider</c>.</summary>
    [Id(2)]
    public string[] Devices { get; init; } = [];

    /// <summary>Megabits per second of its link; 0 where unknown.</summary>
    [Id(3)]
    public double LinkMbps { get; init; }

    /// <summary>Labels that its operator gave, such as <c>zone=a</c>.</summary>
    [Id(4)]
    public Dictionary<string, string> Labels { get; init; } = [];

    /// <summary>
    /// Runs that it makes side by side, by its device or its engine threads. A node that does not say has 0, which
    /// stands for one a core.
    /// </summary>
    [Id(5)]
    public int Lanes { get; init; }

    /// <summary>Runs that it makes side by side, ≥ 1.</summary>
    public int Parallelism => Math.Max(1, Lanes > 0 ? Lanes : Cores);

    /// <summary>Whether runs take the processor's time, so that its load tells what else slows them down.</summary>
    public bool RunsOnCpu =>
        !Array.Exists(
            Devices,
            device => device.EndsWith("ExecutionProvider", StringComparison.Ordinal) && device != "CPUExecutionProvider"
        );
}
