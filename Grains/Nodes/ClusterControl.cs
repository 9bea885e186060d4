using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Nodes;

/// <summary>Passes operators' wishes to the director.</summary>
internal sealed class ClusterControl(ClusterNode node, IGrainFactory grains, NodeServices services) : IClusterControl
{
    private const int Attempts = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc />
    public string NodeName => node.Name;

    private IPlacementDirectorGrain Director => grains.GetGrain<IPlacementDirectorGrain>(0);

    /// <inheritdoc />
    public Task<ClusterState> GetStateAsync(CancellationToken cancellationToken) =>
        AskAsync(() => Director.GetStateAsync(), cancellationToken);

    /// <inheritdoc />
    public Task<ClusterBackup> GetBackupAsync(CancellationToken cancellationToken) =>
        AskAsync(() => Director.GetBackupAsync(), cancellationToken);

    /// <inheritdoc />
    public Task DrainAsync(string node, bool drain, CancellationToken cancellationToken) =>
        AskAsync(() => Director.DrainAsync(node, drain), cancellationToken);

    /// <inheritdoc />
    public Task PinAsync(string model, ModelPin? pin, CancellationToken cancellationToken) =>
        AskAsync(() => Director.PinAsync(model, pin), cancellationToken);

    /// <inheritdoc />
    public async Task<Dictionary<int, double>> ProfileAsync(
        string node,
        string model,
        string version,
        CancellationToken cancellationToken
    )
    {
        NodeReport report = await ReportAsync(node, cancellationToken).ConfigureAwait(false);
        return await AskAsync(
                () => services.Of(report.Address).ProfileAsync(model, version, cancellationToken),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <inheritdoc />
    public Task<AgentState> GetAgentAsync(CancellationToken cancellationToken) =>
        AskAsync(() => Director.GetAgentAsync(), cancellationToken);

    /// <inheritdoc />
    public Task<ScorePoint[]> GetScoresAsync(CancellationToken cancellationToken) =>
        AskAsync(() => Director.GetScoresAsync(), cancellationToken);

    /// <inheritdoc />
    public Task SetAgentModeAsync(AgentMode mode, CancellationToken cancellationToken) =>
        AskAsync(() => Director.SetAgentModeAsync(mode), cancellationToken);

    /// <inheritdoc />
    public Task AnswerAsync(long decision, bool approve, CancellationToken cancellationToken) =>
        AskAsync(() => Director.AnswerAsync(decision, approve), cancellationToken);

    /// <inheritdoc />
    public Task ResumeAgentAsync(CancellationToken cancellationToken) =>
        AskAsync(() => Director.ResumeAgentAsync(), cancellationToken);

    /// <inheritdoc />
    public async Task<KnobProfile> SearchAsync(
        string node,
        string model,
        string version,
        CancellationToken cancellationToken
    )
    {
        NodeReport report = await ReportAsync(node, cancellationToken).ConfigureAwait(false);
        return await AskAsync(
                () => services.Of(report.Address).SearchAsync(model, version, cancellationToken),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async Task<KnobPoint> MeasureAsync(
        string node,
        string model,
        string version,
        ReplicaKnobs knobs,
        CancellationToken cancellationToken
    )
    {
        NodeReport report = await ReportAsync(node, cancellationToken).ConfigureAwait(false);
        return await AskAsync(
                () => services.Of(report.Address).MeasureAsync(model, version, knobs, cancellationToken),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private async Task<NodeReport> ReportAsync(string node, CancellationToken cancellationToken)
    {
        ClusterState state = await GetStateAsync(cancellationToken).ConfigureAwait(false);
        return Array.Find(state.Nodes, other => other.Name == node)
            ?? throw new InferenceException(
                InferenceError.NotFound,
                $"there is no node '{node}'; there are: {string.Join(", ", state.Nodes.Select(other => other.Name))}"
            );
    }

    private static Task<bool> AskAsync(Func<Task> question, CancellationToken cancellationToken) =>
        AskAsync(
            async () =>
            {
                await question().ConfigureAwait(false);
                return true;
            },
            cancellationToken
        );

    /// <summary>
    /// Asks, and asks again where the director has just moved or found that another had written; only an answer to a
    /// decision says, asked twice, that it was given.
    /// </summary>
    public static async Task<T> AskAsync<T>(Func<Task<T>> question, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await question().WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OrleansException) when (attempt < Attempts)
            {
                await Task.Delay(Pause * attempt, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
                throw new InferenceException(
                    InferenceError.Unavailable,
                    $"the cluster's director does not answer ({exception.Message}); serving goes on with the "
                        + $"plan in force",
                    exception
                );
            }
        }
    }
}
