namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>
/// The director of the cluster, key 0. It observes the nodes, decides what runs where, and applies the decision. One is
/// active at a time. Its decisions are stored, and without it nodes go on with the last of them.
/// </summary>
[Alias("OrleansInference.IPlacementDirectorGrain")]
public interface IPlacementDirectorGrain : IGrainWithIntegerKey
{
    /// <summary>Activates the director and starts a reconciliation soon.</summary>
    [Alias("Ensure")]
    [ResponseTimeout("00:00:05")]
    Task EnsureAsync();

    /// <summary>
    /// Serves a model cluster-wide, in the revision that <paramref name="source"/> offers; ends when every planned
    /// replica is ready or was refused.
    /// </summary>
    /// <returns>Why there are no more replicas, a sentence each.</returns>
    /// <exception cref="InferenceException">Not one replica could be made ready.</exception>
    [Alias("Load")]
    [ResponseTimeout("00:30:00")]
    Task<string[]> LoadAsync(string model, SiloAddress source);

    /// <summary>Stops serving a model on every node; ends when all have.</summary>
    /// <returns>False where nobody served it.</returns>
    [Alias("Unload")]
    [ResponseTimeout("00:30:00")]
    Task<bool> UnloadAsync(string model);

    /// <summary>Empties a node, or lets it be filled again; ends when it is empty of replicas.</summary>
    /// <exception cref="InferenceException">There is no such node.</exception>
    [Alias("Drain")]
    [ResponseTimeout("00:30:00")]
    Task DrainAsync(string node, bool drain);

    /// <summary>Sets a model's pin; null removes it.</summary>
    /// <exception cref="InferenceException">It names an unknown node or balancer, or a weight that is not
    /// positive.</exception>
    [Alias("Pin")]
    [ResponseTimeout("00:00:30")]
    Task PinAsync(string model, ModelPin? pin);

    /// <summary>The cluster as observed, and the plan.</summary>
    [Alias("GetState")]
    [ResponseTimeout("00:00:10")]
    Task<ClusterState> GetStateAsync();

    /// <summary>What operators asked for, to be kept outside the cluster.</summary>
    [Alias("GetBackup")]
    [ResponseTimeout("00:00:10")]
    Task<ClusterBackup> GetBackupAsync();

    /// <summary>The agent's state and decisions.</summary>
    [Alias("GetAgent")]
    [ResponseTimeout("00:00:10")]
    Task<AgentState> GetAgentAsync();

    /// <summary>C, D and N of the last hour, a point every five seconds, as far as this director has lived.</summary>
    [Alias("GetScores")]
    [ResponseTimeout("00:00:10")]
    Task<ScorePoint[]> GetScoresAsync();

    /// <summary>Sets and stores the agent's mode.</summary>
    [Alias("SetAgentMode")]
    [ResponseTimeout("00:00:30")]
    Task SetAgentModeAsync(AgentMode mode);

    /// <summary>Answers a decision that waits for consent.</summary>
    /// <exception cref="InferenceException">No decision of that number waits for an answer.</exception>
    [Alias("Answer")]
    [ResponseTimeout("00:00:30")]
    Task AnswerAsync(long decision, bool approve);

    /// <summary>Lets the agent go on after it stopped.</summary>
    [Alias("ResumeAgent")]
    [ResponseTimeout("00:00:30")]
    Task ResumeAgentAsync();
}
