namespace OrleansInference.Grains.Interfaces.Jobs;

/// <summary>The cluster's list of bulk jobs; key 0.</summary>
[Alias("OrleansInference.IBulkJobIndexGrain")]
public interface IBulkJobIndexGrain : IGrainWithIntegerKey
{
    /// <summary>Adds a job to the list, or updates whether it is active.</summary>
    [Alias("Set")]
    Task SetAsync(string id, bool active);

    /// <summary>Every job, the latest last; of those that ended, the last 1,000.</summary>
    [Alias("List")]
    Task<string[]> ListAsync();

    /// <summary>The jobs that must go on.</summary>
    [Alias("ListActive")]
    Task<string[]> ListActiveAsync();
}
