namespace OrleansInference.Grains.Recording;

/// <summary>A replica at a second: counts since it was loaded, and what it was set to.</summary>
public sealed class RecordedReplica
{
    /// <summary>When, Unix milliseconds.</summary>
    public double At { get; set; }

    /// <summary>Its node.</summary>
    public string Node { get; set; } = "";

    /// <summary>Its model.</summary>
    public string Model { get; set; } = "";

    /// <summary>Its version.</summary>
    public string Version { get; set; } = "";

    /// <summary>Requests answered, refused or failed.</summary>
    public long Requests { get; set; }

    /// <summary>Of those, the ones not within the objective.</summary>
    public long Violations { get; set; }

    /// <summary>Runs.</summary>
    public long Runs { get; set; }

    /// <summary>Their rows.</summary>
    public long Rows { get; set; }

    /// <summary>Their seconds.</summary>
    public double RunSeconds { get; set; }

    /// <summary>Bytes in and out.</summary>
    public long Bytes { get; set; }

    /// <summary>Latency objective, milliseconds.</summary>
    public double SloMs { get; set; }

    /// <summary>Most rows of a run that the model takes.</summary>
    public int MaxRows { get; set; }

    /// <summary>Bytes reserved.</summary>
    public long MemoryBytes { get; set; }

    /// <summary>Rows that a run was limited to; 0 for the batch policy's choice.</summary>
    public int RowLimit { get; set; }

    /// <summary>Threads of a run; 0 for the node's choice.</summary>
    public int Threads { get; set; }

    /// <summary>Runs at once; 0 for the node's choice.</summary>
    public int Instances { get; set; }
}
