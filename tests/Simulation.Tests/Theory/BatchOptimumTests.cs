using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Tests.Theory;

/// <summary>
/// The batch policy against the best that any policy could do on one queue: the semi-Markov decision process of
/// choosing, whenever the server is free, how many rows to run or to wait for one more, solved for the least mean time
/// by value iteration after Schweitzer's transformation (Puterman 1994, ch. 11).
/// </summary>
public sealed class BatchOptimumTests
{
    private const int Size = 120;

    [Theory]
    [InlineData(0.0, 0.010, 1, 0.7)]
    [InlineData(0.004, 0.002, 8, 0.4)]
    [InlineData(0.004, 0.002, 8, 0.8)]
    [InlineData(0.010, 0.001, 16, 0.3)]
    [InlineData(0.010, 0.001, 16, 0.7)]
    public void Decide_OneQueue_IsWithinTwoPercentOfTheOptimum(double fixedSeconds, double perRow, int cap, double load)
    {
        double rate = load * cap / (fixedSeconds + (perRow * cap));

        SimulationResult result = SingleQueue.Run(
            new WorldModel
            {
                Name = "m",
                Cost = new BatchCost(fixedSeconds, perRow),
                MaxRows = cap,
            },
            new LinearLaw(),
            cores: 1,
            rate,
            seconds: 1_500_000 / rate,
            cap,
            fill: false
        );

        Assert.InRange(result.MeanMs / (Optimum(fixedSeconds, perRow, cap, rate) * 1000), 0.98, 1.02);
    }

    private static double Optimum(double fixedSeconds, double perRow, int cap, double rate)
    {
        double Seconds(int rows) => fixedSeconds + (perRow * rows);
        double[][] arrivals =
        [
            .. Enumerable
                .Range(0, cap + 1)
                .Select(rows =>
                    Enumerable
                        .Range(0, Size)
                        .Select(k => rows == 0 ? 0 : SingleQueue.Poisson(k, rate * Seconds(rows)))
                        .ToArray()
                ),
        ];
        double step = Math.Min(1 / rate, Seconds(1)) * 0.999;
        double[] value = new double[Size];
        double low = 0;
        double high = double.MaxValue;
        for (int i = 0; i < 200_000 && high - low > 1e-4 * Math.Abs(high); i++)
        {
            double[] next = new double[Size];
            for (int n = 0; n < Size; n++)
            {
                // Waiting until one more is there: n rows wait for 1/rate seconds.
                double waits = 1 / rate;
                double best = Transformed(n / rate, waits, value[Math.Min(n + 1, Size - 1)], n);
                for (int rows = 1; rows <= Math.Min(n, cap); rows++)
                {
                    double seconds = Seconds(rows);
                    double cost = (seconds * n) + (rate * seconds * seconds / 2);
                    double then = 0;
                    double mass = 0;
                    for (int k = 0; k < Size && mass < 1 - 1e-12; k++)
                    {
                        mass += arrivals[rows][k];
                        then += arrivals[rows][k] * value[Math.Min(n - rows + k, Size - 1)];
                    }

                    best = Math.Min(best, Transformed(cost, seconds, then, n));
                }

                next[n] = best;
            }

            low = double.PositiveInfinity;
            high = double.NegativeInfinity;
            for (int n = 0; n < Size / 2; n++)
            {
                low = Math.Min(low, next[n] - value[n]);
                high = Math.Max(high, next[n] - value[n]);
            }

            double origin = next[0];
            for (int n = 0; n < Size; n++)
            {
                value[n] = next[n] - origin;
            }
            low = low / step;
            high = high / step;
        }

        // The cost is the mean number inside; by Little's law divided by the rate it is the mean time.
        return (low + high) / 2 / rate;

        double Transformed(double cost, double seconds, double then, int n) =>
            (cost / seconds * step) + (step / seconds * then) + ((1 - (step / seconds)) * value[n]);
    }
}
