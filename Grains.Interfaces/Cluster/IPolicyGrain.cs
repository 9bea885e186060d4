namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>
/// Keeps the cluster's last policies, key 0, and says which is in force; nodes ask for it every few seconds.
/// </summary>
[Alias("OrleansInference.IPolicyGrain")]
public interface IPolicyGrain : IGrainWithIntegerKey
{
    /// <summary>Stores a policy and puts it in force. The oldest beyond ten is removed.</summary>
    /// <param name="file">The ONNX file.</param>
    /// <param name="report">What its evaluation gave.</param>
    /// <exception cref="InferenceException">It is no policy of this version's schema, was changed after training, or
    /// holds values that are no numbers.</exception>
    [Alias("Promote")]
    [ResponseTimeout("00:00:30")]
    Task<PolicyVersion> PromoteAsync(byte[] file, string report);

    /// <summary>Puts the one before in force; before the first, the planner alone.</summary>
    /// <returns>What is in force now; null for the planner alone.</returns>
    /// <exception cref="InferenceException">None is in force.</exception>
    [Alias("RollBack")]
    [ResponseTimeout("00:00:30")]
    Task<PolicyVersion?> RollBackAsync();

    /// <summary>All that are kept, the newest last.</summary>
    [Alias("List")]
    [ResponseTimeout("00:00:10")]
    Task<PolicyVersion[]> ListAsync();

    /// <summary>The one in force, if it is another than the one that is known.</summary>
    /// <param name="known">The number that the asker has; below 0 for nothing yet.</param>
    /// <returns>Null where it is the same, or where nothing was ever promoted.</returns>
    [Alias("Get")]
    [ResponseTimeout("00:00:10")]
    Task<PolicyFile?> GetAsync(long known);
}
