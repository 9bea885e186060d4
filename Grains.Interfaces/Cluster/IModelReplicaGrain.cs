namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>
/// A replica of a model on a node, by <see cref="ReplicaKey"/>, placed by the plan. Its activation loads and warms the
/// model there, its deactivation drains and unloads it, its migration moves it. Requests do not pass it.
/// </summary>
[Alias("OrleansInference.IModelReplicaGrain")]
public interface IModelReplicaGrain : IGrainWithStringKey
{
    /// <summary>Makes it live and have the revision that its node's plan names.</summary>
    /// <returns>Where it lives.</returns>
    /// <exception cref="InferenceException">The model cannot be loaded there.</exception>
    [Alias("Ensure")]
    [ResponseTimeout("00:30:00")]
    Task<SiloAddress> EnsureAsync();

    /// <summary>Moves it to where the plan has it; that node must have prepared the model.</summary>
    [Alias("Move")]
    [ResponseTimeout("00:00:30")]
    Task MoveAsync();

    /// <summary>Ends it: drains and unloads the model, unless another replica on the same node needs it.</summary>
    [Alias("Retire")]
    [ResponseTimeout("00:30:00")]
    Task RetireAsync();
}
