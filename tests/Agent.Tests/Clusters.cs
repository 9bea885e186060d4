using System.Net;
using Orleans.Runtime;
using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests;

/// <summary>Made-up clusters.</summary>
internal static class Clusters
{
    public static SiloAddress Address(int node) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1000 + node), 1);

    public static NodeObservation Node(int node, long memory = 100, bool draining = false) =>
        new()
        {
            Name = $"n{node:D4}",
            Address = Address(node),
            MemoryBytes = memory,
            Draining = draining,
        };

    public static ModelObservation Model(string name, long memory = 10, double demand = 0, ModelPin? pin = null) =>
        new()
        {
            Name = name,
            Revision = "r",
            MemoryBytes = memory,
            Demand = demand,
            Pin = pin,
        };

    public static NodeReport Report(int node, bool draining = false, params (string Model, string Revision)[] serves) =>
        new()
        {
            Name = $"n{node:D4}",
            Address = Address(node),
            ServiceType = "service",
            Resources = new NodeResources { Cores = 2, MemoryBytes = 100 },
            Draining = draining,
            Offers =
            [
                .. serves.Select(model => new ModelOffer(
                    model.Model,
                    model.Revision,
                    DateTimeOffset.UnixEpoch.AddSeconds(model.Revision.Length),
                    10,
                    IsWanted: true
                )),
            ],
            Replicas =
            [
                .. serves.Select(model => new ReplicaReport
                {
                    Model = model.Model,
                    Version = "1",
                    Route = new ReplicaRoute
                    {
                        SecondsPerRow = 0.001,
                        Concurrency = 1,
                        RowsPerBatch = 1,
                    },
                }),
            ],
        };
}
