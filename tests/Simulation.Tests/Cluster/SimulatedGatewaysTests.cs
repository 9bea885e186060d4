using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Simulation.Tests.Cluster;

public sealed class SimulatedGatewaysTests
{
    [Fact]
    public void Arrive_NoEntryNamed_SpreadsOverTheGatewaysThatAnswer()
    {
        TwinParts twin = new(nodes: 3, models: 1);
        twin.Serve(TwinParts.PlanOf(0, 0));
        twin.State.Nodes[1].IsLost = true;

        for (int i = 0; i < 4; i++)
        {
            twin.Gateways.Arrive(new Arrival(0, 0, 1));
        }

        // The replica is on node 0: what came to node 2 is forwarded.
        Assert.Equal([0, 0, 2], twin.State.Nodes.Select(node => node.RequestsForwarded));
        Assert.Equal(2 * 8192, twin.State.Nodes[2].BytesForwarded);
        Assert.Equal(2 * 8192, twin.Tally.CrossBytes);
    }

    [Fact]
    public void Arrive_AnEntryNamed_IsThatNodeWhileItLives()
    {
        TwinParts twin = new(nodes: 2, models: 1, new SimulationOptions { EntryNode = 1 });
        twin.Serve(TwinParts.PlanOf(0, 0));
        twin.Gateways.Arrive(new Arrival(0, 0, 1));
        twin.State.Nodes[1].IsLost = true;
        twin.Gateways.Arrive(new Arrival(0, 0, 1));

        Assert.Equal([0, 1], twin.State.Nodes.Select(node => node.RequestsForwarded));
    }

    [Fact]
    public void Arrive_NoNodeLives_IsRefused()
    {
        TwinParts twin = new(nodes: 1, models: 1);
        twin.State.Nodes[0].IsLost = true;

        twin.Gateways.Arrive(new Arrival(0, 0, 1));

        Assert.Equal((1, 1), (twin.Result.Requests, twin.Result.Rejected));
    }

    [Fact]
    public void Deliver_ToANodeThatLostTheModel_GoesElsewhereOnce()
    {
        TwinParts twin = new(nodes: 3, models: 1, new SimulationOptions { EntryNode = 0 });
        twin.Serve(TwinParts.PlanOf(0, 1, 2));
        twin.Gateways.Arrive(new Arrival(0, 0, 1));
        foreach (SimulatedReplica replica in twin.State.Replicas)
        {
            replica.IsReady = false;
        }

        twin.RunUntil(1);

        Assert.Equal(2, twin.State.Nodes[0].RequestsForwarded);
        Assert.Equal((1, 1), (twin.Result.Requests, twin.Result.Rejected));
    }
}
