using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Nodes;

/// <summary>Passes operators' wishes to the director.</summary>
internal sealed class ClusterControl(ClusterNode node, IGrainFactory grains, NodeServices services) : IClusterControl
{
    /// <inheritdoc />
    public string NodeName => node.Name;

    private IPlacementDirectorGrain Director => grains.GetGrain<IPlacementDirectorGrain>(0);

    /// <inheritdoc />
    public Task<ClusterState> GetStateAsync(CancellationToken cancellationToken) => AskAsync(Director.GetStateAsync().WaitAsync(cancellationToken));

    /// <inheritdoc />
    public Task DrainAsync(string node, bool drain, CancellationToken cancellationToken) => AskAsync(DoneAsync(Director.DrainAsync(node, drain).WaitAsync(cancellationToken)));

    /// <inheritdoc />
    public Task PinAsync(string model, ModelPin? pin, CancellationToken cancellationToken) => AskAsync(DoneAsync(Director.PinAsync(model, pin).WaitAsync(cancellationToken)));

    /// <inheritdoc />
    public async Task<Dictionary<int, double>> ProfileAsync(string node, string model, string version, CancellationToken cancellationToken)
    {
        NodeReport report = await ReportAsync(node, cancellationToken).ConfigureAwait(false);
        return await AskAsync(services.Of(report.Address).ProfileAsync(model, version, cancellationToken)).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public Task<AgentState> GetAgentAsync(CancellationToken cancellationToken) => AskAsync(Director.GetAgentAsync().WaitAsync(cancellationToken));

    /// <inheritdoc />
    public Task SetAgentModeAsync(AgentMode mode, CancellationToken cancellationToken) => AskAsync(DoneAsync(Director.SetAgentModeAsync(mode).WaitAsync(cancellationToken)));

    /// <inheritdoc />
    public Task AnswerAsync(long decision, bool approve, CancellationToken cancellationToken) => AskAsync(DoneAsync(Director.AnswerAsync(decision, approve).WaitAsync(cancellationToken)));

    /// <inheritdoc />
    public Task ResumeAgentAsync(CancellationToken cancellationToken) => AskAsync(DoneAsync(Director.ResumeAgentAsync().WaitAsync(cancellationToken)));

    /// <inheritdoc />
    public async Task<KnobProfile> SearchAsync(string node, string model, string version, CancellationToken cancellationToken) =>
        await AskAsync(services.Of((await ReportAsync(node, cancellationToken).ConfigureAwait(false)).Address).SearchAsync(model, version, cancellationToken)).ConfigureAwait(false);

    private async Task<NodeReport> ReportAsync(string node, CancellationToken cancellationToken)
    {
        ClusterState state = await GetStateAsync(cancellationToken).ConfigureAwait(false);
        return Array.Find(state.Nodes, other => other.Name == node)
            ?? throw new InferenceException(InferenceError.NotFound, $"there is no node '{node}'; there are: {string.Join(", ", state.Nodes.Select(other => other.Name))}");
    }

    private static async Task<bool> DoneAsync(Task task)
    {
        await task.ConfigureAwait(false);
        return true;
    }

    private static async Task<T> AskAsync<T>(Task<T> answer)
    {
        try
        {
            return await answer.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            throw new InferenceException(InferenceError.Unavailable, $"the cluster's director does not answer ({exception.Message}); serving goes on with the plan in force", exception);
        }
    }
}
