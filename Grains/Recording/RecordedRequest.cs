namespace OrleansInference.Grains.Recording;

/// <summary>A recorded request and its answer: names, sizes and times, never contents or callers.</summary>
public sealed class RecordedRequest
{
    /// <summary>When it came, Unix milliseconds.</summary>
    public double ArrivedAt { get; set; }

    /// <summary>The model.</summary>
    public string Model { get; set; } = "";

    /// <summary>Its version.</summary>
    public string Version { get; set; } = "";

    /// <summary>What came of it: None, or the error.</summary>
    public string Outcome { get; set; } = "";

    /// <summary>Its rows.</summary>
    public int Rows { get; set; }

    /// <summary>Milliseconds in the queue.</summary>
    public double QueueMs { get; set; }

    /// <summary>Milliseconds of its run.</summary>
    public double RunMs { get; set; }

    /// <summary>Milliseconds from arrival to answer.</summary>
    public double TotalMs { get; set; }

    /// <summary>Rows that stood before it.</summary>
    public long RowsAhead { get; set; }
}
