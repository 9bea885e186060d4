using System.Net;
using BenchmarkDotNet.Attributes;
using Orleans.Runtime;
using OrleansInference.Grains.Inference;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Routing.Balancing;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Micro;

/// <summary>
/// What a request looks up on its way, by how many of it there are: models in the routes, replicas of one model on as many
/// nodes, tenants. Times are per request.
/// </summary>
public class PathScaleBenchmarks
{
    private readonly WeylSequence _numbers = new(start: 0.5);
    private readonly TenantTable _tenants = new();
    private string[] _names = [];
    private RoutingSnapshot _models = RoutingSnapshot.Empty;
    private RoutingSnapshot _nodes = RoutingSnapshot.Empty;

    /// <summary>Models, nodes or tenants.</summary>
    [Params(10, 1_000, 100_000)]
    public int Count { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _names = [.. Enumerable.Range(0, Count).Select(i => $"name-{i}")];
        _models = RoutingSnapshot.Empty.Next(Table(1, _names, [Replica(0)]), local: null);
        _nodes = RoutingSnapshot.Empty.Next(
            Table(Count, ["m"], [.. Enumerable.Range(0, Count).Select(Replica)]),
            local: null
        );
        foreach (string name in _names)
        {
            _tenants.Of(name);
        }
    }

    [Benchmark]
    public object? Model() => _models.Find(Any());

    [Benchmark]
    public object Tenant() => _tenants.Of(Any());

    [Benchmark]
    public object? Node() =>
        _nodes.Pick(
            new RouteRequest("m", "", Rows: 1, Bytes: 3_136, TimeSpan.FromSeconds(1), Excluded: null),
            TimeSpan.Zero,
            _numbers.Next()
        );

    private string Any() => _names[(int)(_numbers.Next() * Count)];

    private static ReplicaRoute Replica(int node) =>
        new()
        {
            Node = node,
            Version = "1",
            SecondsPerRow = 1e-3,
            Concurrency = 1,
            RowsPerBatch = 8,
            IsBatched = true,
            Weight = 1,
            MaxQueuedRequests = 100,
        };

    private static RoutingTable Table(int nodes, string[] models, ReplicaRoute[] replicas) =>
        new()
        {
            Epoch = 1,
            Nodes = [.. Enumerable.Range(0, nodes).Select(node => new NodeRoute($"n{node}", Address(node), ""))],
            Models = [.. models.Select(name => new ModelRoute(name, "least_expected_work", true, replicas))],
        };

    private static SiloAddress Address(int node) =>
        SiloAddress.New(new IPEndPoint(new IPAddress(0x0a000000L + node), 1000), 1);
}
