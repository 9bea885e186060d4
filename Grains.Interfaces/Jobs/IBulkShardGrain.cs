namespace OrleansInference.Grains.Interfaces.Jobs;

/// <summary>
/// One shard of a job, by <c>JOB/FINGERPRINT/SHARD/ATTEMPT</c>. It lives where its rows are read and written; its loss
/// loses nothing but time.
/// </summary>
[Alias("OrleansInference.IBulkShardGrain")]
public interface IBulkShardGrain : IGrainWithStringKey
{
    /// <summary>
    /// Starts a run of <paramref name="range"/> and returns at once; nothing where it runs already or is done.
    /// </summary>
    [Alias("Start")]
    Task StartAsync(BulkShardPlan plan, BulkRange range);

    /// <summary>How far it is.</summary>
    [Alias("GetProgress")]
    Task<BulkShardProgress> GetProgressAsync();

    /// <summary>Ends a run; its unfinished file is gone when this returns.</summary>
    [Alias("Cancel")]
    Task CancelAsync();
}
