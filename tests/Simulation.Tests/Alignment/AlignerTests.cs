using OrleansInference.Agent.Prediction;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Alignment;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Simulation.Tests.Alignment;

/// <summary>The twin of a measured cluster.</summary>
public sealed class AlignerTests
{
    [Fact]
    public void Line_OfALine_IsThatLine()
    {
        ServiceModel line = Aligner.Line(
            new Dictionary<int, double>
            {
                [1] = 0.012,
                [2] = 0.014,
                [4] = 0.018,
                [8] = 0.026,
            },
            1.1
        );

        Assert.Equal(
            (0.010, 0.002, 1.1),
            (Math.Round(line.Cost.BaseSeconds, 9), Math.Round(line.Cost.SecondsPerRow, 9), line.P95Factor)
        );
    }

    [Theory]
    [InlineData(0.01, 0.015, 0.019, 0.04)]
    [InlineData(0.01, 0.02, 0.04, 0.09)]
    public void Line_OfWhatIsNone_HasNoNegativePart(double one, double two, double four, double eight)
    {
        ServiceModel line = Aligner.Line(
            new Dictionary<int, double>
            {
                [1] = one,
                [2] = two,
                [4] = four,
                [8] = eight,
            },
            1
        );

        Assert.True(line.Cost.BaseSeconds >= 0 && line.Cost.SecondsPerRow > 0, $"{line}");
    }

    /// <summary>
    /// One node of exponential arrivals and constant runs of one row is M/D/1: the mean wait is ρ ÷ 2(1 − ρ) runs.
    /// </summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 1.3)]
    [InlineData(3, 1)]
    public void Replay_ACluster_AnswersWhatItIsAsked(int nodes, double p95)
    {
        ServiceModel service = new(new BatchCost(0, 0.01), 0, p95, IsMeasured: true);
        MeasuredModel model = new(
            "m",
            1,
            1,
            1000,
            1000,
            0.002,
            "least_expected_work",
            [.. Enumerable.Repeat((ServiceModel?)service, nodes)]
        );
        Workload workload = ArrivalProcesses.Merge(
            60,
            [ArrivalProcesses.Of(0, ArrivalProcesses.Poisson(50, 60, new SimulationRandom(1, 1)))]
        );

        AlignmentOutcome outcome = Aligner.Replay(
            [.. Enumerable.Range(0, nodes).Select(i => new MeasuredNode($"n{i}", 1, 1000))],
            [model],
            0,
            workload,
            1
        );

        Assert.Equal(0, outcome.Refused);
        Assert.InRange(outcome.Goodput, 45, 55);
        Assert.InRange(outcome.P50Ms, 11.5, 20);
        Assert.True(outcome.P99Ms > outcome.P50Ms);
    }

    [Fact]
    public void Compare_SpreadWidensOnlyTheTail()
    {
        AlignmentOutcome[] live = [new(10, 50, 100, 0), new(10, 100, 100, 0), new(10, 150, 100, 0)];
        AlignmentOutcome[] twin = [new(12, 190, 80, 0)];

        IReadOnlyList<AlignmentLine> lines = Aligner.Compare(live, twin);

        Assert.Equal([false, true, false], lines.Select(line => line.Holds));
        Assert.Equal(1.0, lines[1].Tolerance, 1e-9);
    }
}
