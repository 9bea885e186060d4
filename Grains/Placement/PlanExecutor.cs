using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Placement;

/// <summary>
/// Applies a plan: places replica grains where it says, make before break, one operation a replica at a time. Used by
/// one director, on its own turn.
/// </summary>
/// <param name="replicas">The grain of a <see cref="ReplicaKey"/>.</param>
/// <param name="nodes">The service of a node.</param>
/// <param name="time">Clock of the back-off.</param>
/// <param name="logger">Told what failed.</param>
/// <param name="done">Called when an operation has ended, well or not.</param>
internal sealed partial class PlanExecutor(
    Func<string, IModelReplicaGrain> replicas,
    Func<SiloAddress, INodeService> nodes,
    TimeProvider time,
    ILogger logger,
    Action done
)
{
    /// <summary>
    /// How long a model that a node could not load is not tried there again. Files or memory seldom change sooner.
    /// </summary>
    public static readonly TimeSpan Backoff = TimeSpan.FromMinutes(5);

    private readonly HashSet<string> _underWay = [];
    private readonly Dictionary<(SiloAddress Node, string Model), (string Reason, long At)> _failures = [];
    private readonly Dictionary<string, int> _retries = [];

    /// <summary>Whether operations are under way for a model.</summary>
    public bool IsBusy(string model) => _underWay.Any(key => key.StartsWith(model + "\n", StringComparison.Ordinal));

    /// <summary>What could not be loaded within <see cref="Backoff"/>, and why.</summary>
    public IReadOnlyDictionary<(SiloAddress Node, string Model), string> Failures =>
        _failures
            .Where(failure => time.GetElapsedTime(failure.Value.At) < Backoff)
            .ToDictionary(failure => failure.Key, failure => failure.Value.Reason);

    /// <summary>Forgets failures of a model, also of what is under way, so that it is tried again at once.</summary>
    public void Retry(string model)
    {
        _retries[model] = _retries.GetValueOrDefault(model) + 1;
        foreach ((SiloAddress Node, string Model) key in _failures.Keys.Where(key => key.Model == model).ToArray())
        {
            _failures.Remove(key);
        }
    }

    /// <summary>Starts the operations that are missing, and does not wait for them.</summary>
    public void Apply(ClusterPlan plan, IReadOnlyCollection<NodeReport> reports)
    {
        Dictionary<string, NodeReport> homes = [];
        foreach (NodeReport report in reports)
        {
            foreach (string key in report.ReplicaGrains)
            {
                homes[key] = report;
            }
        }

        HashSet<string> planned = [];
        foreach (ModelPlan model in plan.Models)
        {
            foreach (ReplicaPlan replica in model.Replicas)
            {
                string key = ReplicaKey.Of(model.Name, replica.Index);
                planned.Add(key);
                if (!homes.TryGetValue(key, out NodeReport? home))
                {
                    Begin(key, model.Name, replica.Node, () => EnsureAsync(key));
                }
                else if (!home.Address.Equals(replica.Node))
                {
                    Begin(key, model.Name, replica.Node, () => MoveAsync(key, model.Name, replica.Node));
                }
                // The grain lives where it should, with older contents: ensuring it loads the new ones.
                else if (!HasRevision(home, model))
                {
                    Begin(key, model.Name, replica.Node, () => EnsureAsync(key));
                }
            }
        }

        foreach ((string key, NodeReport home) in homes.Where(home => !planned.Contains(home.Key)))
        {
            string model = ReplicaKey.Parse(key).Model;
            if (CanRetire(plan, model, home, reports))
            {
                Begin(key, model, home.Address, () => replicas(key).RetireAsync());
            }
        }

        foreach (NodeReport report in reports)
        {
            ReleaseUnplanned(plan, report, reports, homes);
        }
    }

    /// <summary>Whether every replica of a model lives where the plan has it, in its revision.</summary>
    public static bool IsApplied(ClusterPlan plan, string model, IReadOnlyCollection<NodeReport> reports) =>
        plan.Find(model) is { } planned
            ? planned.Replicas.All(replica =>
                reports.FirstOrDefault(report => report.Address.Equals(replica.Node)) is { } node
                && node.ReplicaGrains.Contains(ReplicaKey.Of(model, replica.Index))
                && HasRevision(node, planned)
            )
            : reports.All(report => !report.ReplicaGrains.Any(key => ReplicaKey.Parse(key).Model == model));

    private static bool HasRevision(NodeReport node, ModelPlan model) =>
        node.Offers.Any(offer =>
            offer.Name == model.Name && (model.Revision.Length == 0 || offer.Revision == model.Revision)
        );

    /// <summary>Whether a replica may go: the model is out of the plan, or another planned node serves it.</summary>
    private static bool CanRetire(
        ClusterPlan plan,
        string model,
        NodeReport home,
        IReadOnlyCollection<NodeReport> reports
    ) =>
        plan.Find(model) is not { } planned
        || reports.Any(other =>
            other != home
            && HasRevision(other, planned)
            && planned.Replicas.Any(replica => replica.Node.Equals(other.Address))
        );

    /// <summary>
    /// Releases models that a node loaded by itself and that the plan has elsewhere. A node that does not know the plan
    /// yet keeps them: it could not route their requests.
    /// </summary>
    private void ReleaseUnplanned(
        ClusterPlan plan,
        NodeReport report,
        IReadOnlyCollection<NodeReport> reports,
        Dictionary<string, NodeReport> homes
    )
    {
        if (report.PlanEpoch < plan.Epoch)
        {
            return;
        }
        foreach (string model in report.Replicas.Select(replica => replica.Model).Distinct())
        {
            if (
                plan.Find(model) is not { } planned
                || planned.Replicas.Length == 0
                || planned.Replicas.Any(replica => replica.Node.Equals(report.Address))
            )
            {
                continue;
            }
            if (
                homes.Any(home => home.Value == report && ReplicaKey.Parse(home.Key).Model == model)
                || !CanRetire(plan, model, report, reports)
            )
            {
                continue;
            }
            INodeService node = nodes(report.Address);
            Begin(
                $"{model}\nrelease {report.Address}",
                model,
                report.Address,
                () => node.ReleaseAsync(model, CancellationToken.None)
            );
        }
    }

    private Task<SiloAddress> EnsureAsync(string key) => replicas(key).EnsureAsync();

    private async Task MoveAsync(string key, string model, SiloAddress target)
    {
        // The target serves the model before the replica leaves its node, so that no request finds none.
        await nodes(target).PrepareAsync(model, CancellationToken.None);
        await replicas(key).MoveAsync();
    }

    private void Begin(string key, string model, SiloAddress node, Func<Task> operation)
    {
        if (
            (
                _failures.TryGetValue((node, model), out (string Reason, long At) failure)
                && time.GetElapsedTime(failure.At) < Backoff
            ) || !_underWay.Add(key)
        )
        {
            return;
        }
        // Not awaited: a load takes many seconds, and the cluster is looked at every second.
        _ = RunAsync(key, model, node, operation);
    }

    private async Task RunAsync(string key, string model, SiloAddress node, Func<Task> operation)
    {
        int retries = _retries.GetValueOrDefault(model);
        try
        {
            await operation();
            _failures.Remove((node, model));
        }
        catch (InferenceException exception)
        {
            // Otherwise Retry was called meanwhile: what failed may have been replaced since.
            if (_retries.GetValueOrDefault(model) == retries)
            {
                _failures[(node, model)] = (exception.Message, time.GetTimestamp());
            }
            LogFailed(model, node, exception);
        }
        catch (Exception exception)
        {
            // A node that is lost while it works is membership's to judge: the next look begins again.
            LogFailed(model, node, exception);
        }
        finally
        {
            _underWay.Remove(key);
            done();
        }
    }

    [LoggerMessage(EventId = 2024, Level = LogLevel.Warning, Message = "Model {Model} on {Node}")]
    private partial void LogFailed(string model, SiloAddress node, Exception exception);
}
