using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Planning;

public sealed class PlanComparisonTests
{
    [Fact]
    public void AskTheSame_AnotherNumberTimeAndMeasuredShare_IsTheSame()
    {
        ClusterPlan plan = Plan("least_expected_work", weight: 1);

        ClusterPlan later = Plan("least_expected_work", weight: 3) with
        {
            Epoch = 9,
            CreatedAt = DateTimeOffset.UnixEpoch,
        };

        Assert.True(PlanComparison.AskTheSame(plan, later));
    }

    [Fact]
    public void AskTheSame_AShareThatRequestsGoBy_IsAnother() =>
        Assert.False(PlanComparison.AskTheSame(Plan("weighted", weight: 1), Plan("weighted", weight: 3)));

    [Fact]
    public void AskTheSame_AnotherModelNodeKnobOrRefusal_IsAnother()
    {
        ClusterPlan plan = Plan("least_expected_work", weight: 1);
        ModelPlan model = plan.Models[0];
        ReplicaPlan replica = model.Replicas[0] with { Knobs = ReplicaKnobs.Unset with { Threads = 2 } };

        Assert.False(PlanComparison.AskTheSame(plan, plan with { Models = [] }));
        Assert.False(PlanComparison.AskTheSame(plan, plan with { Nodes = [] }));
        Assert.False(PlanComparison.AskTheSame(plan, plan with { Models = [model with { Revision = "s" }] }));
        Assert.False(PlanComparison.AskTheSame(plan, plan with { Models = [model with { Refusals = ["no room"] }] }));
        Assert.False(PlanComparison.AskTheSame(plan, plan with { Models = [model with { Replicas = [replica] }] }));
    }

    private static ClusterPlan Plan(string balance, double weight) =>
        ClusterPlan.Empty with
        {
            Epoch = 1,
            Nodes = [new NodePlan("n", Clusters.Address(0), Draining: false)],
            Models =
            [
                new ModelPlan
                {
                    Name = "a",
                    Revision = "r",
                    LoadBalance = balance,
                    Replicas = [new ReplicaPlan(0, Clusters.Address(0), weight)],
                },
            ],
        };
}
