namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>The cluster as operators see and steer it, from any node.</summary>
public interface IClusterControl
{
    /// <summary>Name of this node.</summary>
    string NodeName { get; }

    /// <summary>What the director sees and wants.</summary>
    /// <exception cref="InferenceException">The director cannot be reached.</exception>
    Task<ClusterState> GetStateAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="IPlacementDirectorGrain.GetBackupAsync"/>
    Task<ClusterBackup> GetBackupAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="IPlacementDirectorGrain.DrainAsync"/>
    Task DrainAsync(string node, bool drain, CancellationToken cancellationToken);

    /// <inheritdoc cref="IPlacementDirectorGrain.PinAsync"/>
    Task PinAsync(string model, ModelPin? pin, CancellationToken cancellationToken);

    /// <summary>Measures what a model costs on a node at several batch sizes.</summary>
    /// <exception cref="InferenceException">There is no such node, or it does not serve the model.</exception>
    Task<Dictionary<int, double>> ProfileAsync(
        string node,
        string model,
        string version,
        CancellationToken cancellationToken
    );

    /// <summary>What the agent does and why.</summary>
    /// <exception cref="InferenceException">The director cannot be reached.</exception>
    Task<AgentState> GetAgentAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="IPlacementDirectorGrain.GetScoresAsync"/>
    Task<ScorePoint[]> GetScoresAsync(CancellationToken cancellationToken);

    /// <summary>Says what the agent may do, from now on and after a restart.</summary>
    Task SetAgentModeAsync(AgentMode mode, CancellationToken cancellationToken);

    /// <summary>Answers a decision that waits for consent.</summary>
    /// <exception cref="InferenceException">No decision of that number waits for an answer.</exception>
    Task AnswerAsync(long decision, bool approve, CancellationToken cancellationToken);

    /// <summary>Lets the agent go on after it stopped.</summary>
    Task ResumeAgentAsync(CancellationToken cancellationToken);

    /// <summary>Searches the best settings of a model's replica on a node, on the live replica.</summary>
    /// <exception cref="InferenceException">There is no such node, or it does not serve the model.</exception>
    Task<KnobProfile> SearchAsync(string node, string model, string version, CancellationToken cancellationToken);

    /// <summary>
    /// Measures one setting of a model's replica on a node, on the live replica, and puts it back as it was.
    /// </summary>
    /// <exception cref="InferenceException">There is no such node, or it does not serve the model.</exception>
    Task<KnobPoint> MeasureAsync(
        string node,
        string model,
        string version,
        ReplicaKnobs knobs,
        CancellationToken cancellationToken
    );
}
