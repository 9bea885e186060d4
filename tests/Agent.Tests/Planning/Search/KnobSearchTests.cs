using CsCheck;
using OrleansInference.Agent.Planning.Search;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Tests.Planning.Search;

public sealed class KnobSearchTests
{
    private static readonly Gen<(double Base, double PerRow, int Cores, int MaxRows, double Slo)> Models = Gen.Select(
            Gen.Double[-5, -2],
            Gen.Double[-5.5, -2],
            Gen.Int[1, 8],
            Gen.Int[0, 4].Select(i => new[] { 1, 8, 32, 64, 128 }[i]),
            Gen.Double[5, 40]
        )
        .Select(
            (fixedPart, perRow, cores, maxRows, factor) =>
                (
                    Math.Pow(10, fixedPart),
                    Math.Pow(10, perRow),
                    cores,
                    maxRows,
                    Math.Max(0.005, factor * (Math.Pow(10, fixedPart) + Math.Pow(10, perRow)))
                )
        );

    [Fact]
    public void Next_AnySurface_StaysInItsGridAndBudgetAndRepeatsItsBestFewOnly() =>
        Models.Sample(model =>
        {
            KnobGrid grid = KnobGrid.For(model.MaxRows, model.Cores);
            HashSet<ReplicaKnobs> all = [.. grid.All];
            List<ReplicaKnobs> asked = [];
            KnobSearch search = new(grid, model.Cores, new BatchCost(model.Base, model.PerRow), model.Slo);

            while (search.Next() is { } knobs)
            {
                Assert.Contains(knobs, all);
                asked.Add(knobs);
                search.Observe(Measure(knobs, model.Base, model.PerRow, model.Cores, model.Slo));
            }

            Assert.InRange(asked.Distinct().Count(), 1, search.Budget);
            Assert.Equal(asked.Distinct(), search.Tried.Select(point => point.Knobs));
            Assert.InRange(asked.Count, asked.Distinct().Count(), asked.Distinct().Count() + 6);
            Assert.True(search.Budget <= Math.Max(4, grid.Size / 10));
        });

    [Fact]
    public void Best_OfALinearModelOnSharedCores_IsNearTheBestOfTheGrid() =>
        Models.Sample(model =>
        {
            KnobGrid grid = KnobGrid.For(model.MaxRows, model.Cores);
            KnobSearch search = new(grid, model.Cores, new BatchCost(model.Base, model.PerRow), model.Slo);
            while (search.Next() is { } knobs)
            {
                search.Observe(Measure(knobs, model.Base, model.PerRow, model.Cores, model.Slo));
            }

            double best = grid.All.Max(knobs => Measure(knobs, model.Base, model.PerRow, model.Cores, model.Slo).Score);
            Assert.True(search.Best!.Value.Score >= 0.93 * best, $"{search.Best} of {best}");
        });

    [Fact]
    public void Best_ASettingThatWasLuckyOnce_IsFoundOut()
    {
        KnobGrid grid = KnobGrid.For(64, 2);
        KnobSearch search = new(grid, 2, new BatchCost(0.0001, 0.001), 0.05);
        ReplicaKnobs? lucky = null;
        while (search.Next() is { } knobs)
        {
            KnobPoint point = new(knobs, 100, 100, 1, 1, knobs.MaxRows == 1 ? 100 : 90);
            // Another than the best reads a third too much, the first time.
            if (lucky is null && knobs.MaxRows > 1)
            {
                (lucky, point) = (knobs, point with { Score = 120 });
            }
            search.Observe(point);
        }

        Assert.Equal(1, search.Best!.Value.Knobs.MaxRows);
        Assert.NotNull(lucky);
    }

    [Fact]
    public void Reason_RowsThatCostTheSameAlone_SaysThatItDoesNotBatch()
    {
        string reason = KnobReason.Explain(
            new KnobPoint(
                new ReplicaKnobs
                {
                    MaxRows = 1,
                    Threads = 1,
                    Instances = 2,
                },
                250,
                250,
                8,
                9,
                240
            ),
            new BatchCost(0, 0.0076),
            0.038,
            64
        );

        Assert.Contains("does not batch", reason, StringComparison.Ordinal);
        Assert.Contains("break the objective of 38.00 ms", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Reason_RowsThatAreCheaperTogether_SaysHowMuch()
    {
        string reason = KnobReason.Explain(
            new KnobPoint(
                new ReplicaKnobs
                {
                    MaxRows = 64,
                    Threads = 1,
                    Instances = 2,
                },
                90_000,
                90_000,
                1,
                2,
                89_000
            ),
            new BatchCost(0.00002, 0.000001),
            0.005,
            128
        );

        Assert.Contains("batches up to 64", reason, StringComparison.Ordinal);
        Assert.Contains("94 % less", reason, StringComparison.Ordinal);
    }

    /// <summary>
    /// A closed loop on cores that threads and instances share: what it gives follows from the line of a run.
    /// </summary>
    private static KnobPoint Measure(ReplicaKnobs knobs, double fixedPart, double perRow, int cores, double slo)
    {
        double speedup = 0.3 + (0.7 / knobs.Threads);
        double crowding = Math.Max(1, (double)knobs.Threads * knobs.Instances / cores);
        double run = (fixedPart + (perRow * knobs.MaxRows)) * speedup * crowding;
        double rate = knobs.Instances * knobs.MaxRows / run;
        double latency = 2 * run;
        double goodput = latency <= slo ? rate : 0;
        return new KnobPoint(
            knobs,
            rate,
            goodput,
            latency * 1000,
            latency * 1000,
            KnobScore.Compute(goodput, latency, slo)
        );
    }
}
