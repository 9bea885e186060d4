using System.Collections.Frozen;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Routing.Balancing;
using OrleansInference.Routing.Health;

namespace OrleansInference.Routing.Snapshots;

/// <summary>
/// A routing table ready for picking. Immutable but for what its targets count; replaced as a whole when the director
/// publishes. Pure: silo, client and simulator call the same functions.
/// </summary>
public sealed class RoutingSnapshot
{
    /// <summary>
    /// Most replicas in time that a request's balancer chooses among: of more, a stretch that begins anywhere. The best of
    /// so many is hardly worse than the best of all, and a large cluster costs a request no more than this.
    /// </summary>
    private const int MostWeighed = 128;

    /// <summary>Most replicas that are looked at for one in time, as long as one that answers was found.</summary>
    private const int MostLookedAt = 4 * MostWeighed;

    // On every request's way, so that no array is made for each. Nothing is awaited while it is in use.
    [ThreadStatic]
    private static ReplicaTarget[]? _usable;

    private readonly FrozenDictionary<string, ModelTargets> _models;

    private RoutingSnapshot(RoutingTable table, NodeState[] nodes, FrozenDictionary<string, ModelTargets> models)
    {
        Table = table;
        Nodes = nodes;
        _models = models;
    }

    /// <summary>The snapshot before the first table.</summary>
    public static RoutingSnapshot Empty { get; } =
        new(RoutingTable.Empty, [], FrozenDictionary<string, ModelTargets>.Empty);

    /// <summary>What it was made from.</summary>
    public RoutingTable Table { get; }

    /// <summary>The table's nodes, in its order.</summary>
    public IReadOnlyList<NodeState> Nodes { get; }

    /// <summary>Names of the models that it has.</summary>
    public IEnumerable<string> Models => _models.Keys;

    /// <summary>Builds the next snapshot: what is known of nodes and replicas is taken over from this one.</summary>
    /// <param name="table">The table.</param>
    /// <param name="local">The router's own node; null in a client.</param>
    public RoutingSnapshot Next(RoutingTable table, SiloAddress? local)
    {
        ArgumentNullException.ThrowIfNull(table);
        // A table says nothing of health: what is ejected stays so. A call is counted out where it was counted in.
        Dictionary<SiloAddress, NodeState> known = Nodes.ToDictionary(node => node.Address);
        NodeState[] nodes =
        [
            .. table.Nodes.Select(route =>
                known.TryGetValue(route.Address, out NodeState? state)
                    ? state
                    : new NodeState(route, route.Address.Equals(local))
            ),
        ];
        Dictionary<(string, SiloAddress, string), ReplicaLoadState> loads = [];
        foreach ((string name, ModelTargets model) in _models)
        {
            foreach (ReplicaTarget target in model.All)
            {
                loads[(name, target.Node.Address, target.Route.Version)] = target.Load;
            }
        }

        FrozenDictionary<string, ModelTargets> models = table.Models.ToFrozenDictionary(
            model => model.Name,
            model => new ModelTargets(
                LoadBalancers.Find(model.LoadBalance) ?? LoadBalancers.Default,
                model.TaskPartition,
                model.Replicas.Select(route => new ReplicaTarget(
                    nodes[route.Node],
                    route,
                    loads.GetValueOrDefault((model.Name, nodes[route.Node].Address, route.Version))
                        ?? new ReplicaLoadState()
                ))
            )
        );
        return new RoutingSnapshot(table, nodes, models);
    }

    /// <summary>A model's replicas; null where no node has one.</summary>
    public ModelTargets? Find(string model) => _models.GetValueOrDefault(model);

    /// <summary>
    /// The replica for a request: among those whose node answers and that are expected to meet its deadline, the one
    /// that the model's balancer chooses; where none would meet it, among all that answer; where no node answers, the
    /// one that was ejected first, in case it is back.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="now">The router's clock.</param>
    /// <param name="random">A number in [0, 1).</param>
    /// <returns>Null where no replica is known, or none but the excluded one.</returns>
    public ReplicaTarget? Pick(in RouteRequest request, TimeSpan now, double random) =>
        Find(request.Model) is { } model ? Pick(model, request, now, random) : null;

    /// <summary>The same, of a model that <see cref="Find"/> gave.</summary>
    public static ReplicaTarget? Pick(ModelTargets model, in RouteRequest request, TimeSpan now, double random)
    {
        ArgumentNullException.ThrowIfNull(model);
        ReplicaTarget[] all = model.Of(request.Version);
        // The only one is asked even where it is ejected, in case it is back.
        if (all.Length == 1)
        {
            return all[0].Node == request.Excluded ? null : all[0];
        }
        int first = 0;
        if (all.Length > MostWeighed)
        {
            double at = random * all.Length;
            first = (int)at;
            // What is left of the number is as random, and not bound to where the stretch begins.
            random = at - first;
        }
        ReplicaTarget[] usable =
            _usable is { } buffer && buffer.Length >= all.Length
                ? buffer
                : _usable = new ReplicaTarget[Math.Max(16, all.Length)];
        int count = 0;
        int timely = 0;
        double limit = request.Timeout > TimeSpan.Zero ? request.Timeout.TotalSeconds : double.PositiveInfinity;
        for (int i = 0; i < all.Length && timely < MostWeighed && (i < MostLookedAt || count == 0); i++)
        {
            ReplicaTarget target = all[first + i < all.Length ? first + i : first + i - all.Length];
            if (target.Node == request.Excluded || target.Node.IsEjected)
            {
                continue;
            }
            // Those in time come first, the others behind them.
            if (double.IsPositiveInfinity(limit) || target.Estimate(request, now).IsWithin(limit))
            {
                usable[count] = usable[timely];
                usable[timely++] = target;
            }
            else
            {
                usable[count] = target;
            }

            count++;
        }

        if (count == 0)
        {
            return FirstEjected(all, request.Excluded);
        }
        ReadOnlySpan<ReplicaTarget> candidates = usable.AsSpan(0, timely > 0 ? timely : count);
        return candidates.Length == 1
            ? candidates[0]
            : candidates[model.Balancer.Pick(candidates, request, now, random)];
    }

    private static ReplicaTarget? FirstEjected(ReplicaTarget[] all, NodeState? excluded) =>
        all.Where(target => target.Node != excluded).MinBy(target => target.Node.EjectedAt);
}
