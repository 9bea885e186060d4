using System.Globalization;
using OrleansInference.Routing.Balancing;

namespace OrleansInference.Routing.Snapshots;

/// <summary>The replicas of one model in a snapshot.</summary>
public sealed class ModelTargets
{
    private readonly Dictionary<string, ReplicaTarget[]> _versions;

    internal ModelTargets(ILoadBalancer balancer, bool taskPartition, IEnumerable<ReplicaTarget> targets)
    {
        Balancer = balancer;
        TaskPartition = taskPartition;
        _versions = targets
            .GroupBy(target => target.Route.Version)
            .ToDictionary(group => group.Key, group => group.ToArray());
        IsLocalOnly = _versions.Values.All(replicas => replicas is [{ Node.IsLocal: true }]);
        Latest =
            _versions.Count == 0
                ? []
                : _versions
                    .MaxBy(version =>
                        long.TryParse(version.Key, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                            ? number
                            : -1
                    )
                    .Value;
    }

    /// <summary>How requests are divided among them.</summary>
    public ILoadBalancer Balancer { get; }

    /// <summary>Whether large requests may be split.</summary>
    public bool TaskPartition { get; }

    /// <summary>Whether the only replica is the router's own, so that there is nothing to decide.</summary>
    public bool IsLocalOnly { get; }

    /// <summary>Those of the highest version.</summary>
    public ReplicaTarget[] Latest { get; }

    /// <summary>Every one, whatever its version.</summary>
    public IEnumerable<ReplicaTarget> All => _versions.Values.SelectMany(targets => targets);

    /// <summary>Those of a version, of the highest for an empty text.</summary>
    public ReplicaTarget[] Of(string version) =>
        version.Length == 0 ? Latest : _versions.GetValueOrDefault(version) ?? [];
}
