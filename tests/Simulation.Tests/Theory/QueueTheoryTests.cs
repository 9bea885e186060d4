using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Tests.Theory;

public sealed class QueueTheoryTests
{
    private static readonly WorldModel Model = new() { Name = "m", Cost = new BatchCost(0, 0.01) };

    [Fact]
    public void Run_PoissonArrivalsAndExponentialService_MeanTimeIsThatOfMM1()
    {
        const double load = 0.6;

        SimulationResult result = SingleQueue.Run(
            Model,
            new ExponentialLaw(),
            cores: 1,
            load / 0.01,
            seconds: 15_000,
            maxRows: 1
        );

        AssertWithin(0.02, 10 / (1 - load), result.MeanMs);
        // The time in an M/M/1 queue is exponential: its median and 99th percentile follow from the mean.
        AssertWithin(0.02, Math.Log(2) * 10 / (1 - load), result.P50Ms);
        AssertWithin(0.02, Math.Log(100) * 10 / (1 - load), result.P99Ms);
    }

    /// <summary>
    /// Mean waits from the exact solution for M/D/c by Crommelin 1932, via the numbers in system at moments one service
    /// apart.
    /// </summary>
    [Theory]
    [InlineData(1, 0.7)]
    [InlineData(2, 0.8)]
    [InlineData(4, 0.8)]
    public void Run_ConstantService_MeanTimeIsThatOfMDc(int servers, double load)
    {
        SimulationResult result = SingleQueue.Run(
            Model,
            new LinearLaw(),
            servers,
            servers * load / 0.01,
            seconds: 6000 / servers * 2,
            maxRows: 1
        );

        AssertWithin(0.02, MeanOfMDc(servers, servers * load) * 10, result.MeanMs);
    }

    /// <summary>
    /// Batches of up to 8 rows, base + perRow × rows: the embedded chain at batch ends, and Little's law.
    /// </summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    public void Run_BatchService_MeanTimeIsThatOfTheEmbeddedChain(double load)
    {
        WorldModel model = Model with { Cost = new BatchCost(0.008, 0.001) };
        double rate = load * 8 / 0.016;

        SimulationResult result = SingleQueue.Run(model, new LinearLaw(), cores: 1, rate, seconds: 3000, maxRows: 8);

        AssertWithin(0.02, MeanOfBatchQueue(0.008, 0.001, 8, rate) * 1000, result.MeanMs);
    }

    private static void AssertWithin(double share, double expected, double actual) =>
        Assert.InRange(actual / expected, 1 - share, 1 + share);

    private static double MeanOfMDc(int servers, double offered)
    {
        // n(t + 1) = max(n(t) − c, 0) + Poisson(offered), in service times; the number in system at a random moment.
        const int size = 400;
        double[] now = new double[size];
        now[0] = 1;
        double[] arrivals = [.. Enumerable.Range(0, size).Select(k => SingleQueue.Poisson(k, offered))];
        for (int i = 0; i < 600; i++)
        {
            double[] next = new double[size];
            for (int n = 0; n < size; n++)
            {
                int left = Math.Max(0, n - servers);
                if (now[n] < 1e-15)
                {
                    continue;
                }
                for (int k = 0; left + k < size; k++)
                {
                    next[left + k] += now[n] * arrivals[k];
                }
            }

            now = next;
        }

        return now.Select((p, n) => p * n).Sum() / offered;
    }

    private static double MeanOfBatchQueue(double fixedSeconds, double perRow, int cap, double rate)
    {
        const int size = 200;
        double[] now = new double[size];
        now[0] = 1;
        double Seconds(int rows) => fixedSeconds + (perRow * rows);
        double[][] arrivals =
        [
            .. Enumerable
                .Range(0, cap + 1)
                .Select(rows =>
                    Enumerable
                        .Range(0, size)
                        .Select(k => rows == 0 ? 0 : SingleQueue.Poisson(k, rate * Seconds(rows)))
                        .ToArray()
                ),
        ];
        for (int i = 0; i < 2000; i++)
        {
            double[] next = new double[size];
            for (int n = 0; n < size; n++)
            {
                int rows = Math.Clamp(n, 1, cap);
                int left = Math.Max(n, 1) - rows;
                if (now[n] < 1e-15)
                {
                    continue;
                }
                for (int k = 0; left + k < size; k++)
                {
                    next[left + k] += now[n] * arrivals[rows][k];
                }
            }

            now = next;
        }

        double inside = 0;
        double time = 0;
        for (int n = 0; n < size; n++)
        {
            int rows = Math.Clamp(n, 1, cap);
            int left = Math.Max(n, 1) - rows;
            double seconds = Seconds(rows);
            inside += now[n] * ((seconds * (rows + left)) + (rate * seconds * seconds / 2));
            time += now[n] * (seconds + (n == 0 ? 1 / rate : 0));
        }

        return inside / time / rate;
    }

    private sealed class ExponentialLaw : IServiceLaw
    {
        public double Seconds(
            WorldModel model,
            WorldNode node,
            int rows,
            int threads,
            double pressure,
            double crowding,
            SimulationRandom random
        ) => random.Exponential(model.Cost.SecondsPerRow);
    }
}
