using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Simulation.Tests.Cluster;

public sealed class EngineTurnsTests
{
    private readonly TwinParts _twin = new(nodes: 1, models: 2);

    [Fact]
    public void Take_MoreThanTheThreadsCanRun_Waits()
    {
        _twin.Serve(TwinParts.PlanOf(0, ReplicaKnobs.Unset with { MaxRows = 1 }, 0));
        SimulatedNode node = _twin.State.Nodes[0];

        for (int i = 0; i < 3; i++)
        {
            _twin.Gateways.Arrive(new Arrival(0, 0, 1));
        }
        Assert.Equal((2, 1), (node.Busy, _twin.State.Replicas[0].Schedule.Queue.Count));
        _twin.RunUntil(1);

        Assert.Equal((0, 0, 0.0), (node.Busy, node.ThreadsBusy, node.Pressure));
        Assert.Equal((3, 3), (_twin.Result.Completed, _twin.Result.InTime));
        // Two side by side take 10 ms, the third then 10 ms more.
        Assert.Equal((10.0, 20.0), (Math.Round(_twin.Result.P50Ms, 3), Math.Round(_twin.Result.P99Ms, 3)));
    }

    [Fact]
    public void Take_WhatCannotBeInTime_IsRefused()
    {
        _twin.Serve(TwinParts.PlanOf(0, 0));

        for (int i = 0; i < 40; i++)
        {
            _twin.Gateways.Arrive(new Arrival(0, 0, 1));
        }
        _twin.RunUntil(5);

        // Two cores, 10 ms a row, 100 ms: about twenty can be in time, and those that are let in are.
        Assert.InRange(_twin.Result.InTime, 16, 22);
        Assert.Equal(_twin.Result.Completed, _twin.Result.InTime);
        Assert.Equal(40 - _twin.Result.InTime, _twin.Result.Rejected);
        Assert.Equal(_twin.Result.Rejected, _twin.State.Replicas[0].Tally.Total.Violations);
    }

    [Fact]
    public void End_AReplicaThatLeaves_GoesWhenItIsIdle()
    {
        _twin.Serve(TwinParts.PlanOf(0, 0));
        _twin.Gateways.Arrive(new Arrival(0, 0, 1));
        SimulatedReplica replica = _twin.State.Replicas[0];
        replica.IsLeaving = true;
        replica.TryUnload();
        Assert.True(replica.IsReady);

        _twin.RunUntil(1);

        Assert.False(replica.IsReady);
        Assert.Equal(0, _twin.State.Nodes[0].Reserved);
        Assert.Equal(1, _twin.Result.Completed);
    }
}
