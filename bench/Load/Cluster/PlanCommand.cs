using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Serialization;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Load.Arguments;
using OrleansInference.Load.Compare;
using OrleansInference.Routing.Balancing;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Load.Cluster;

/// <summary>What a plan, its table and a pick cost as a cluster grows; no silo runs.</summary>
internal static class PlanCommand
{
    private const int ModelsPerNode = 10;
    private const int Picks = 1_000_000;

    public static readonly string[] Options = ["nodes", "models"];

    public static int Run(ArgumentSet arguments)
    {
        var nodes = arguments.Integer("nodes", 1000, 1);
        var models = arguments.Integer("models", 500, 1);
        Console.WriteLine($"{Machine.Describe()}; commit {Machine.Commit()}");
        var observation = Observe(nodes, models);
        var planner = new ReplicateWhereItFits();
        var plan = planner.Plan(observation, ClusterPlan.Empty);
        Console.WriteLine(
            $"{nodes} nodes, {models} models, {ModelsPerNode} fit a node: "
                + $"{plan.Models.Sum(model => model.Replicas.Length)} replicas"
        );
        Console.WriteLine(
            $"plan from nothing: {Median(() => planner.Plan(observation, ClusterPlan.Empty)):F0} ms; "
                + $"again, unchanged: {Median(() => planner.Plan(observation, plan)):F0} ms; with one node "
                + $"fewer: "
                + $"{Median(() => planner.Plan(observation with { Nodes = [.. observation.Nodes.Skip(1)] }, plan)):F0} "
                + $"ms"
        );
        var reports = Reports(observation, plan);
        var table = RoutingTables.Build(plan with { Epoch = 1 }, reports, 1);
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        var bytes = serializer.SerializeToArray(table).Length;
        var planBytes = serializer.SerializeToArray(plan).Length;
        Console.WriteLine(
            $"table: built in {Median(() => RoutingTables.Build(plan, reports, 1)):F0} ms, "
                + $"{bytes / 1024.0:F0} KiB, written in "
                + $"{Median(() => serializer.SerializeToArray(table)):F1} ms, read in "
                + $"{Median(() => serializer.Deserialize<RoutingTable>(serializer.SerializeToArray(table))):F1} "
                + $"ms; plan {planBytes / 1024.0:F0} KiB"
        );
        Console.WriteLine(
            $"published to {nodes} nodes: {(bytes + planBytes) * (double)nodes / (1 << 20):F0} MiB "
                + $"for each change of the plan"
        );
        var snapshot = RoutingSnapshot.Empty.Next(table, local: null);
        Console.WriteLine($"snapshot from the table: {Median(() => snapshot.Next(table, local: null)):F0} ms");
        foreach (var replicas in new[] { 1, 3, 8, 64, 1000 })
        {
            Pick(
                table with
                {
                    Models =
                    [
                        table.Models[0] with
                        {
                            Replicas =
                            [
                                .. Enumerable
                                    .Range(0, Math.Min(replicas, nodes))
                                    .Select(node => table.Models[0].Replicas[0] with { Node = node }),
                            ],
                        },
                    ],
                }
            );
        }
        return 0;
    }

    private static void Pick(RoutingTable table)
    {
        var snapshot = RoutingSnapshot.Empty.Next(table, local: null);
        var random = new WeylSequence();
        var request = new RouteRequest(table.Models[0].Name, "", 1, 3000, TimeSpan.FromMilliseconds(100), null);
        for (var i = 0; i < Picks / 10; i++)
        {
            snapshot.Pick(request, TimeSpan.Zero, random.Next());
        }
        var picks = Picks / Math.Max(1, table.Models[0].Replicas.Length / 8);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < picks; i++)
        {
            snapshot.Pick(request, TimeSpan.Zero, random.Next());
        }
        Console.WriteLine(
            $"a pick among {table.Models[0].Replicas.Length} replicas: "
                + $"{Stopwatch.GetElapsedTime(started).TotalMicroseconds / picks:F3} µs"
        );
    }

    private static ClusterObservation Observe(int nodes, int models) =>
        new(
            [
                .. Enumerable
                    .Range(0, nodes)
                    .Select(node => new NodeObservation
                    {
                        Name = $"node-{node:D5}",
                        Address = SiloAddress.New(
                            new IPEndPoint(
                                new IPAddress(new byte[] { 10, 0, (byte)(node / 250), (byte)(node % 250) }),
                                11111
                            ),
                            1
                        ),
                        MemoryBytes = ModelsPerNode,
                    }),
            ],
            [
                .. Enumerable
                    .Range(0, models)
                    .Select(model => new ModelObservation
                    {
                        Name = $"model-{model:D5}",
                        Revision = new string('0', 64),
                        MemoryBytes = 1,
                        Demand = 1.0 / (model + 1),
                    }),
            ]
        );

    private static NodeReport[] Reports(ClusterObservation observation, ClusterPlan plan)
    {
        var served = plan
            .Models.SelectMany(model => model.Replicas.Select(replica => (replica.Node, model.Name)))
            .ToLookup(entry => entry.Node, entry => entry.Name);
        return
        [
            .. observation.Nodes.Select(node => new NodeReport
            {
                Name = node.Name,
                Address = node.Address,
                Gateway = node.Address.Endpoint.ToString(),
                ServiceType = "sys.svc.user.C65CFB36",
                Resources = new NodeResources { Cores = 8, MemoryBytes = ModelsPerNode },
                Offers =
                [
                    .. served[node.Address]
                        .Select(model => new ModelOffer(model, new string('0', 64), DateTimeOffset.UnixEpoch, 1, true)),
                ],
                Replicas =
                [
                    .. served[node.Address]
                        .Select(model => new ReplicaReport
                        {
                            Model = model,
                            Version = "1",
                            Route = new ReplicaRoute
                            {
                                SecondsPerRow = 0.001,
                                Concurrency = 2,
                                RowsPerBatch = 8,
                                IsBatched = true,
                            },
                        }),
                ],
            }),
        ];
    }

    private static double Median<T>(Func<T> action)
    {
        var milliseconds = new double[5];
        for (var i = 0; i < milliseconds.Length; i++)
        {
            var started = Stopwatch.GetTimestamp();
            action();
            milliseconds[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        Array.Sort(milliseconds);
        return milliseconds[2];
    }
}
