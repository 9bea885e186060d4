using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Simulation.Tests.Cluster;

public sealed class NodeReportsTests
{
    private readonly TwinParts _twin = new(nodes: 2, models: 1);

    [Fact]
    public void Read_ALostNode_IsNotThere()
    {
        _twin.State.Nodes[0].IsLost = true;

        Assert.Equal("n1", Assert.Single(_twin.Reports.Read()).Name);
    }

    [Fact]
    public void Read_WhatARunTook_CountsOnceInTheShareAndForGoodInTheTotals()
    {
        _twin.Serve(TwinParts.PlanOf(0, 0));
        _twin.Gateways.Arrive(new Arrival(0, 0, 4));
        _twin.RunUntil(1);

        NodeReport first = _twin.Reports.Read()[0];
        NodeReport second = _twin.Reports.Read()[0];

        // Four rows that gain nothing together, 10 ms each on one of two cores, within a look of a second.
        Assert.Equal((0.02, 0.0), (Math.Round(first.CpuShare, 9), second.CpuShare));
        ReplicaReport replica = Assert.Single(second.Replicas);
        Assert.Equal((1, 4, 4, 0), (replica.Requests, replica.Runs, replica.Rows, replica.Violations));
        Assert.Equal(0.04, replica.RunSeconds, 1e-9);
        Assert.Equal(4 * 8192, replica.Bytes);
        Assert.Equal(0.01, replica.Route.SecondsPerRow, 1e-9);
    }
}
