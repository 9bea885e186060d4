using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Tests.Cluster;

public sealed class NodeIncidentsTests
{
    [Fact]
    public void Apply_ASlowerNode_IsSlowerThanItWasMade()
    {
        TwinParts twin = new(nodes: 1, models: 1);

        twin.Incidents.Apply(new Incident(0, 0, 0.5));
        twin.Incidents.Apply(new Incident(0, 0, 0.25));

        Assert.Equal(0.25, twin.State.Nodes[0].Spec.Speed);
        Assert.False(twin.State.Nodes[0].IsLost);
    }

    [Fact]
    public void Apply_ALostNode_GivesWhatItHadToAnother()
    {
        TwinParts twin = new(nodes: 3, models: 1, new SimulationOptions { EntryNode = 0 });
        twin.Serve(TwinParts.PlanOf(0, 1, 2));
        for (int i = 0; i < 8; i++)
        {
            twin.Gateways.Arrive(new Arrival(0, 0, 1));
        }
        twin.RunUntil(0.001);

        twin.Incidents.Apply(new Incident(0, 1, 0));
        twin.RunUntil(1);

        Assert.Empty(twin.State.Nodes[1].Replicas);
        Assert.Equal((8, 8, 0), (twin.Result.Requests, twin.Result.Completed, twin.Result.Rejected));
        Assert.All(twin.State.Nodes[0].Snapshot.Nodes, node => Assert.Equal(node.Route.Name == "n1", node.IsEjected));
    }
}
