using Orleans.Runtime;
using Orleans.Runtime.Services;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Grains.Nodes;

/// <summary>The services of the cluster's nodes, by the address of their silo.</summary>
internal sealed class NodeServices(IServiceProvider services) : GrainServiceClient<INodeService>(services)
{
    /// <summary>A node's service; nothing is sent yet.</summary>
    public INodeService Of(SiloAddress silo) => GetGrainService(silo);
}
