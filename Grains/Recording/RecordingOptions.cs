using System.ComponentModel.DataAnnotations;

namespace OrleansInference.Grains.Recording;

/// <summary>
/// Recording of telemetry for training (<c>Recording:</c>). Off until a folder is named: naming it is the operator's
/// consent.
/// </summary>
public sealed class RecordingOptions
{
    /// <summary>Where Parquet files are written; empty for no recording.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Share of the requests that is recorded.</summary>
    [Range(0.0, 1.0)]
    public double SampleShare { get; set; } = 1;

    /// <summary>
    /// Whether inputs are recorded too, as they were sent: off unless asked for, whatever <see cref="Folder"/> says.
    /// </summary>
    public bool Inputs { get; set; }

    /// <summary>Share of the requests whose inputs are recorded.</summary>
    [Range(0.0, 1.0)]
    public double InputShare { get; set; } = 0.01;

    /// <summary>Most megabytes that the files may take together: the oldest are removed.</summary>
    [Range(1, 1_000_000)]
    public int MaxMiB { get; set; } = 256;

    /// <summary>Seconds after which a file is closed and another begun.</summary>
    [Range(1, 86_400)]
    public double SecondsPerFile { get; set; } = 60;
}
