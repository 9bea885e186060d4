using OrleansInference.Research.Evaluation;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Research.Tests.Evaluation;

public class OfflineOracleTests
{
    private const int Second = (int)TimeSpan.TicksPerSecond;

    [Fact]
    public void MostInTime_OneFits_IsAll() => Assert.Equal(1, Bound([new Arrival(0, 0, 1)], sloSeconds: 1), 9);

    [Fact]
    public void MostInTime_TwoForTheTimeOfOne_IsHalf() =>
        Assert.Equal(0.5, Bound([new Arrival(0, 0, 1), new Arrival(0, 0, 1)], sloSeconds: 1), 9);

    [Fact]
    public void MostInTime_LargeBesideSmall_TakesTheSmallOnesFirst() =>
        // Two seconds for five seconds of work: the small one, and a quarter of the large one.
        Assert.Equal((1 + (1.0 / 4)) / 2, Bound([new Arrival(0, 0, 4), new Arrival(0, 0, 1)], sloSeconds: 2), 9);

    [Fact]
    public void MostInTime_OutsideTheSeconds_NeedsNoService() =>
        Assert.Equal(
            1,
            new OfflineOracle(World(1, 1)).MostInTime(
                new Workload([new Arrival(0, 0, 1), new Arrival(1, 0, 1), new Arrival(2 * Second, 0, 1)], 3),
                1.5,
                3
            ),
            9
        );

    [Fact]
    public void MostInTime_Nobody_IsAll() => Assert.Equal(1, Bound([], 1));

    /// <summary>Small random cases against the best subset by trying all of them, whole requests only.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void MostInTime_AgainstAllSubsets_IsNeverLess(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 50; round++)
        {
            Arrival[] arrivals =
            [
                .. Enumerable
                    .Range(0, 8)
                    .Select(_ => new Arrival(random.Next(6) * Second, 0, 1 + random.Next(4)))
                    .OrderBy(arrival => arrival.At),
            ];
            double slo = 2 + random.Next(4);
            int best = Enumerable
                .Range(0, 1 << arrivals.Length)
                .Where(set => Feasible([.. arrivals.Where((_, i) => (set >> i & 1) == 1)], slo))
                .Max(set => System.Numerics.BitOperations.PopCount((uint)set));
            double bound = Bound(arrivals, slo) * arrivals.Length;
            Assert.True(bound >= best - 1e-9, $"{bound} < {best}");
            // Of a fraction for each time that windows begin or end, at most.
            Assert.True(bound <= best + 3, $"{bound} > {best} + 3");
        }
    }

    [Theory]
    [InlineData("trading", "tight")]
    [InlineData("ads", "unequal")]
    [InlineData("social", "equal")]
    public void MostInTime_OfAnOverload_IsAboveEveryContestant(string scenario, string shape)
    {
        Cell cell = new(Scenarios.Find(scenario), shape, 2, 2.5);
        double bound = new OfflineOracle(cell.World).MostInTime(cell.Trace(7, 15), Cell.WarmupSeconds, 15);
        Assert.InRange(bound, 0.1, 0.999);
        foreach (
            Contestant contestant in Contestants.Baselines.Where(contestant =>
                contestant.Name is "static defaults" or "deadline scheduling (Clockwork)" or "early drop (Nexus)"
            )
        )
        {
            SimulationResult result = cell.Run(contestant.Settings[0].Create(), 7, 15);
            Assert.True(result.SloAttainment <= bound, $"{contestant.Name}: {result.SloAttainment} > {bound}");
        }
    }

    /// <summary>
    /// Earliest deadline first with whole requests of a second a row on one machine, preemptive: feasible where nobody
    /// is late.
    /// </summary>
    private static bool Feasible(Arrival[] requests, double slo)
    {
        double[] left = [.. requests.Select(request => (double)request.Rows)];
        for (int second = 0; second < 40; second++)
        {
            int next = -1;
            for (int i = 0; i < requests.Length; i++)
            {
                if (
                    left[i] > 0
                    && requests[i].At / Second <= second
                    && (next < 0 || requests[i].At < requests[next].At)
                )
                {
                    next = i;
                }
            }

            if (next < 0)
            {
                continue;
            }
            left[next]--;
            if (left[next] == 0 && second + 1 > (requests[next].At / Second) + slo)
            {
                return false;
            }
        }

        return left.All(rows => rows == 0);
    }

    private static double Bound(Arrival[] arrivals, double sloSeconds) =>
        new OfflineOracle(World(1, sloSeconds)).MostInTime(new Workload(arrivals, 100), 0, 100);

    private static WorldSpec World(int cores, double sloSeconds) =>
        new(
            [new WorldNode { Name = "one", Cores = cores }],
            [
                new WorldModel
                {
                    Name = "m",
                    Cost = new BatchCost(0, 1),
                    SloSeconds = sloSeconds,
                    MaxRows = 4,
                },
            ],
            new LinearLaw()
        );
}
