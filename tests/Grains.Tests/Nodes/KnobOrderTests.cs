using System.Net;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Tests.Nodes;

public sealed class KnobOrderTests
{
    private static readonly SiloAddress s_here = SiloAddress.New(IPAddress.Loopback, 1, 1);
    private static readonly SiloAddress s_there = SiloAddress.New(IPAddress.Loopback, 2, 1);
    private static readonly ReplicaKnobs s_found = new()
    {
        Threads = 2,
        Instances = 3,
        MaxRows = 16,
        Variant = "fp16",
    };

    [Fact]
    public void Planned_AReplicaHere_IsItsOwnKnobs()
    {
        ClusterPlan plan = new()
        {
            Models =
            [
                new ModelPlan
                {
                    Name = "m",
                    Replicas =
                    [
                        new ReplicaPlan(0, s_there, 1) { Knobs = ReplicaKnobs.Unset with { MaxRows = 4 } },
                        new ReplicaPlan(1, s_here, 1) { Knobs = ReplicaKnobs.Unset with { MaxRows = 8 } },
                    ],
                },
            ],
        };

        Assert.Equal(8, KnobOrder.Planned(plan, "m", s_here).MaxRows);
        Assert.Equal(ReplicaKnobs.Unset, KnobOrder.Planned(plan, "other", s_here));
        Assert.Equal(ReplicaKnobs.Unset, KnobOrder.Planned(plan, "m", SiloAddress.New(IPAddress.Loopback, 3, 1)));
    }

    [Fact]
    public void Merge_APlanThatLeavesAllOpen_TakesAllButTheDelayFromTheSearch()
    {
        Assert.Equal(s_found with { DelayMs = -1 }, KnobOrder.Merge(ReplicaKnobs.Unset, s_found));
    }

    [Fact]
    public void Merge_APlanThatSetsEverything_IsThePlan()
    {
        ReplicaKnobs planned = new()
        {
            Threads = 1,
            Instances = 4,
            MaxRows = 32,
            DelayMs = 2,
            Variant = "original",
        };

        Assert.Equal(planned, KnobOrder.Merge(planned, s_found));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void Merge_ThreadsOrInstancesPlanned_TakesNeitherFromTheSearch(int threads, int instances)
    {
        ReplicaKnobs merged = KnobOrder.Merge(
            ReplicaKnobs.Unset with
            {
                Threads = threads,
                Instances = instances,
            },
            s_found
        );

        Assert.Equal((threads, instances, 16), (merged.Threads, merged.Instances, merged.MaxRows));
    }

    [Fact]
    public void Merge_NothingFound_IsThePlan() =>
        Assert.Equal(ReplicaKnobs.Unset, KnobOrder.Merge(ReplicaKnobs.Unset, null));

    [Theory]
    [InlineData(true, false, false, false, true)]
    [InlineData(false, false, false, false, false)]
    [InlineData(true, true, false, false, false)]
    [InlineData(true, false, true, false, false)]
    [InlineData(true, false, false, true, false)]
    public void MayTune_OnlyWhereNobodyElseDecides(
        bool isEnabled,
        bool isOnTrial,
        bool configures,
        bool hasSequences,
        bool may
    ) => Assert.Equal(may, KnobOrder.MayTune(isEnabled, isOnTrial, configures, hasSequences));
}
