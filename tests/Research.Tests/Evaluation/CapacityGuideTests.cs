using OrleansInference.Research.Evaluation;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Research.Tests.Evaluation;

public sealed class CapacityGuideTests
{
    [Fact]
    public void Most_AHarderTarget_IsReachedAtALowerLoadAndTheSameTwice()
    {
        Scenario cloud = Scenarios.Find("cloud");
        Capacity half = new CapacityGuide(0.5, traces: 1, seconds: 8, adapting: 2).Most(cloud, 1);
        Capacity most = new CapacityGuide(0.99, traces: 1, seconds: 8, adapting: 2).Most(cloud, 1);

        Assert.True(most.Load < half.Load, $"{most.Load} and {half.Load}");
        Assert.True(most.RequestsPerSecond < half.RequestsPerSecond);
        Assert.Equal(most, new CapacityGuide(0.99, traces: 1, seconds: 8, adapting: 2).Most(cloud, 1));
    }

    [Fact]
    public void Table_WhatCannotBeReached_IsSaid()
    {
        string table = new CapacityGuide(1.01, traces: 1, seconds: 3, adapting: 1).Table([Scenarios.Find("ads")], [1]);

        Assert.Contains("| ads | 1 | none:", table, StringComparison.Ordinal);
    }
}
