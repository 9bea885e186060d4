namespace OrleansInference.Grains.Recording;

/// <summary>A node at a second.</summary>
public sealed class RecordedNode
{
    /// <summary>When, Unix milliseconds.</summary>
    public double At { get; set; }

    /// <summary>Its name.</summary>
    public string Node { get; set; } = "";

    /// <summary>Its cores.</summary>
    public int Cores { get; set; }

    /// <summary>Share of its cores that were busy.</summary>
    public double CpuShare { get; set; }

    /// <summary>Bytes reserved for models.</summary>
    public long MemoryReserved { get; set; }

    /// <summary>Megabits per second of its link; 0 where unknown.</summary>
    public double LinkMbps { get; set; }

    /// <summary>Requests of other nodes and clients that it has served.</summary>
    public long RequestsServed { get; set; }

    /// <summary>Their bytes.</summary>
    public long BytesServed { get; set; }

    /// <summary>Requests that it has sent on.</summary>
    public long RequestsForwarded { get; set; }

    /// <summary>Their bytes.</summary>
    public long BytesForwarded { get; set; }

    /// <summary>Models that it serves.</summary>
    public int Models { get; set; }
}
