using Orleans.Runtime;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>The nodes and replicas of a simulated cluster as they are at present.</summary>
/// <param name="world">What it is made of.</param>
internal sealed class TwinState(WorldSpec world)
{
    private readonly string[] _names = [.. world.Models.Select(model => model.Name)];

    /// <summary>What it is made of.</summary>
    public WorldSpec World { get; } = world;

    /// <summary>The nodes, lost ones included, by their indices.</summary>
    public SimulatedNode[] Nodes { get; } = [.. world.Nodes.Select((node, index) => new SimulatedNode(index, node))];

    /// <summary>All replicas that ever were, by their numbers.</summary>
    public List<SimulatedReplica> Replicas { get; } = [];

    /// <summary>The models' names, by their indices.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>A model's index; below 0 where there is none of that name.</summary>
    public int IndexOf(string model) => Array.IndexOf(_names, model);

    /// <summary>The node with an address that is not lost; null for none.</summary>
    public SimulatedNode? Living(SiloAddress address) =>
        Array.Find(Nodes, node => node.Address.Equals(address)) is { IsLost: false } node ? node : null;
}
