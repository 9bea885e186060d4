using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Simulation.Tests.Cluster;

public sealed class SimulatedDirectorTests
{
    private readonly TwinParts _twin = new(nodes: 2, models: 1);

    [Fact]
    public void Decide_AnotherPlan_GetsTheNextEpochAndIsCarriedOut()
    {
        _twin.Wanted = TwinParts.PlanOf(0, 1);

        _twin.Director.Decide(_twin.Reports.Read());
        Assert.Equal(1, _twin.Director.Plan.Epoch);
        Assert.Same(_twin.State.Nodes[1], Assert.Single(_twin.State.Replicas).Node);
        _twin.Director.Decide(_twin.Reports.Read());

        Assert.Equal(1, _twin.Director.Plan.Epoch);
    }

    [Fact]
    public void Decide_NoReports_DoesNothing()
    {
        _twin.Wanted = TwinParts.PlanOf(0, 1);

        _twin.Director.Decide([]);

        Assert.Equal(ClusterPlan.Empty, _twin.Director.Plan);
        Assert.Empty(_twin.Looks);
    }
}
