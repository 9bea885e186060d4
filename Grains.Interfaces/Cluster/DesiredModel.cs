namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>A model that the cluster is to serve.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.DesiredModel")]
public sealed record DesiredModel
{
    /// <summary>The revision to serve.</summary>
    [Id(0)]
    public string Revision { get; init; } = "";

    /// <summary>When the revision was written, or asked for; a newer one takes its place.</summary>
    [Id(1)]
    public DateTimeOffset ContentTime { get; init; }

    /// <summary>Bytes of one replica.</summary>
    [Id(2)]
    public long MemoryBytes { get; init; }

    /// <summary>
    /// Whether somebody asked for it by a load request: it is served until somebody asks for the opposite.
    /// </summary>
    [Id(3)]
    public bool IsRequested { get; init; }
}
