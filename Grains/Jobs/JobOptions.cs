using System.ComponentModel.DataAnnotations;

namespace OrleansInference.Grains.Jobs;

/// <summary>Bulk jobs. Configuration section <c>Jobs</c>.</summary>
public sealed class JobOptions
{
    /// <summary>
    /// The folder, seen by every silo, that jobs started over HTTP may read and write in; empty to refuse them. Running
    /// jobs are noted there too, so that they go on even where grain storage was lost.
    /// </summary>
    public string Root { get; set; } = "";

    /// <summary>How long a shard tries again while the model or the cluster does not answer, in seconds.</summary>
    [Range(1, 86_400)]
    public int PatienceSeconds { get; set; } = 300;

    /// <summary>Requests that a shard has under way at once.</summary>
    [Range(1, 1024)]
    public int RequestsInFlight { get; set; } = 4;

    /// <summary>How often a job looks at its shards, in milliseconds.</summary>
    [Range(10, 60_000)]
    public int PeriodMilliseconds { get; set; } = 250;

    /// <summary>How often each silo looks for jobs that were left alone, in milliseconds.</summary>
    [Range(10, 600_000)]
    public int ResumePeriodMilliseconds { get; set; } = 3000;
}
