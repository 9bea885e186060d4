using System.Text.Json.Serialization;
using OrleansInference.Agent.Observation;

namespace OrleansInference.Simulation.Recorded;

/// <summary>What is read of a replica's recorded second.</summary>
internal sealed class RecordedSecond
{
    /// <summary>When, Unix milliseconds.</summary>
    public double At { get; set; }

    /// <summary>Its node.</summary>
    public string Node { get; set; } = "";

    /// <summary>Its model.</summary>
    public string Model { get; set; } = "";

    /// <summary>Its version; empty in files that do not say.</summary>
    public string Version { get; set; } = "";

    /// <summary>Runs since it was loaded.</summary>
    public long Runs { get; set; }

    /// <summary>Their rows.</summary>
    public long Rows { get; set; }

    /// <summary>Their seconds.</summary>
    public double RunSeconds { get; set; }

    /// <summary>Bytes in and out.</summary>
    public long Bytes { get; set; }

    /// <summary>Latency objective, milliseconds.</summary>
    public double SloMs { get; set; }

    /// <summary>Most rows of a run.</summary>
    public int MaxRows { get; set; }

    /// <summary>Bytes reserved.</summary>
    public long MemoryBytes { get; set; }

    /// <summary>Runs, rows and seconds since it was loaded.</summary>
    [JsonIgnore]
    public ReplicaCounters Counters =>
        new()
        {
            Runs = Runs,
            Rows = Rows,
            RunSeconds = RunSeconds,
        };
}
