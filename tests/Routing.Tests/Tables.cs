using System.Net;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Routing.Health;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Tests;

/// <summary>Routing tables of one model, "m".</summary>
internal static class Tables
{
    public static SiloAddress Address(int node) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1000 + node), 1);

    /// <summary>One replica on each node, with those milliseconds a row.</summary>
    public static RoutingTable Of(params double[] msPerRow) => Of("least_expected_work", msPerRow);

    public static RoutingTable Of(string balance, params double[] msPerRow) =>
        Of(balance, [.. msPerRow.Select((ms, node) => Replica(node, ms))]);

    public static RoutingTable Of(string balance, params ReplicaRoute[] replicas) =>
        new()
        {
            Epoch = 1,
            Sequence = 1,
            Nodes =
            [
                .. Enumerable
                    .Range(0, replicas.Max(replica => replica.Node) + 1)
                    .Select(node => new NodeRoute($"n{node}", Address(node), $"127.0.0.1:{2000 + node}")),
            ],
            Models = [new ModelRoute("m", balance, TaskPartition: true, replicas)],
        };

    public static ReplicaRoute Replica(
        int node,
        double msPerRow,
        string version = "1",
        double weight = 1,
        int concurrency = 1
    ) =>
        new()
        {
            Node = node,
            Version = version,
            SecondsPerRow = msPerRow / 1000,
            Concurrency = concurrency,
            RowsPerBatch = 1,
            IsBatched = true,
            Weight = weight,
            MaxQueuedRequests = 100,
        };

    public static RouteRequest Request(
        int rows = 1,
        double timeoutMs = 0,
        string version = "",
        NodeState? excluded = null
    ) => new("m", version, rows, Bytes: 0, TimeSpan.FromMilliseconds(timeoutMs), excluded);
}
