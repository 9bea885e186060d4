using System.Net;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>A cluster of one node, "n0", that remembers what it was asked.</summary>
internal sealed class FakeCluster : IClusterControl
{
    public List<string> Asked { get; } = [];

    public ModelPin? Pin { get; private set; }

    public string NodeName => "n0";

    public Task<ClusterState> GetStateAsync(CancellationToken cancellationToken)
    {
        SiloAddress address = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111), 1);
        ClusterPlan plan = new()
        {
            Epoch = 3,
            Nodes = [new NodePlan("n0", address, Draining: false)],
            Models = [new ModelPlan { Name = "m", Replicas = [new ReplicaPlan(0, address, 1)], Refusals = ["node 'n1' is too small"] }],
        };
        NodeReport report = new() { Name = "n0", Address = address, Resources = new NodeResources { Cores = 2, Devices = ["CPUExecutionProvider"] }, IsReady = true };
        return Task.FromResult(new ClusterState(plan, RoutingTable.Empty, [report], [], "n0"));
    }

    public Task DrainAsync(string node, bool drain, CancellationToken cancellationToken)
    {
        Asked.Add($"{(drain ? "drain" : "undrain")} {node}");
        return node == "n0" ? Task.CompletedTask : throw new InferenceException(InferenceError.NotFound, $"there is no node '{node}'; there are: n0");
    }

    public Task PinAsync(string model, ModelPin? pin, CancellationToken cancellationToken)
    {
        Asked.Add($"{(pin is null ? "unpin" : "pin")} {model}");
        Pin = pin;
        return Task.CompletedTask;
    }

    public Task<Dictionary<int, double>> ProfileAsync(string node, string model, string version, CancellationToken cancellationToken) => Task.FromResult(new Dictionary<int, double> { [2] = 0.5, [1] = 0.25 });
}
