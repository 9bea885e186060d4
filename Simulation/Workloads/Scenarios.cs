using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Workloads;

/// <summary>The source document's five scenarios as generators of requests. The same seed, the same requests.</summary>
public static class Scenarios
{
    private const long MiB = 1 << 20;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new(
            "cloud",
            "cloud multi-tenant: many models, few of them popular, which ones changes",
            Cloud(),
            (world, seconds, load, seed) =>
                Generate(world, seconds, load, seed, Zipf(world.Models.Count, 1.1), Drifting, Rows(1, 1))
        ),
        new(
            "bigdata",
            "big-data bulk: large requests in waves beside small ones",
            BigData(),
            (world, seconds, load, seed) =>
                Generate(
                    world,
                    seconds,
                    load,
                    seed,
                    [0.2, 0.5, 0.3],
                    Waves,
                    (model, random) => model == 0 ? 1 : 16 + random.Next(33)
                )
        ),
        new(
            "trading",
            "trading: tight deadlines, bursts of a second",
            Trading(),
            (world, seconds, load, seed) =>
                Generate(world, seconds, load, seed, [0.5, 0.3, 0.2], ShortBursts, Rows(1, 1))
        ),
        new(
            "social",
            "social feed: ranking and vision models, a daily swell in minutes, crowds",
            Social(),
            (world, seconds, load, seed) =>
                Generate(world, seconds, load, seed, [0.35, 0.3, 0.2, 0.15], Swell, Rows(1, 4))
        ),
        new(
            "ads",
            "online advertising: many small click predictions, few image encodings",
            Ads(),
            (world, seconds, load, seed) =>
                Generate(world, seconds, load, seed, [0.45, 0.35, 0.2], LongBursts, Rows(1, 8))
        ),
    ];

    /// <summary>One by its name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Scenario Find(string name) =>
        All.FirstOrDefault(scenario => scenario.Name == name)
        ?? throw new ArgumentException(
            $"there is no scenario '{name}'; there are: {string.Join(", ", All.Select(scenario => scenario.Name))}",
            nameof(name)
        );

    private static WorldModel[] Cloud() =>
        [
            .. Enumerable
                .Range(0, 12)
                .Select(i => new WorldModel
                {
                    Name = $"tenant-{i:D2}",
                    Cost = new BatchCost(0.002 + (0.001 * (i % 4)), 0.002 + (0.0015 * (i % 5))),
                    Intensity = 0.15 + (0.15 * (i % 4)),
                    MemoryBytes = (400 + (200 * (i % 5))) * MiB,
                    LoadSeconds = 1 + (i % 3),
                    SloSeconds = 0.06 + (0.02 * (i % 3)),
                    MaxRows = 32,
                    RequestBytes = 20_000,
                    AnswerBytes = 2_000,
                }),
        ];

    private static WorldModel[] BigData() =>
        [
            new()
            {
                Name = "lookup",
                Cost = new BatchCost(0.001, 0.001),
                Intensity = 0.2,
                MemoryBytes = 300 * MiB,
                SloSeconds = 0.04,
                MaxRows = 32,
                RequestBytes = 2_000,
                AnswerBytes = 500,
            },
            new()
            {
                Name = "score",
                Cost = new BatchCost(0.004, 0.0012),
                Intensity = 0.6,
                MemoryBytes = 900 * MiB,
                LoadSeconds = 2,
                SloSeconds = 0.5,
                MaxRows = 64,
                RequestBytes = 4_000,
                AnswerBytes = 200,
            },
            new()
            {
                Name = "embed",
                Cost = new BatchCost(0.006, 0.002),
                Intensity = 0.8,
                MemoryBytes = 1400 * MiB,
                LoadSeconds = 3,
                SloSeconds = 0.6,
                MaxRows = 64,
                RequestBytes = 8_000,
                AnswerBytes = 3_000,
            },
        ];

    private static WorldModel[] Trading() =>
        [
            new()
            {
                Name = "signal",
                Cost = new BatchCost(0.0006, 0.0004),
                Intensity = 0.3,
                MemoryBytes = 200 * MiB,
                SloSeconds = 0.008,
                MaxRows = 64,
                RequestBytes = 1_000,
                AnswerBytes = 200,
            },
            new()
            {
                Name = "risk",
                Cost = new BatchCost(0.002, 0.0015),
                Intensity = 0.5,
                MemoryBytes = 500 * MiB,
                SloSeconds = 0.02,
                MaxRows = 32,
                RequestBytes = 4_000,
                AnswerBytes = 400,
            },
            new()
            {
                Name = "fraud",
                Cost = new BatchCost(0.004, 0.003),
                Intensity = 0.9,
                MemoryBytes = 900 * MiB,
                LoadSeconds = 2,
                SloSeconds = 0.04,
                MaxRows = 16,
                RequestBytes = 8_000,
                AnswerBytes = 400,
            },
        ];

    private static WorldModel[] Social() =>
        [
            new()
            {
                Name = "rank",
                Cost = new BatchCost(0.003, 0.0008),
                Intensity = 0.4,
                MemoryBytes = 800 * MiB,
                SloSeconds = 0.06,
                MaxRows = 64,
                RequestBytes = 6_000,
                AnswerBytes = 400,
            },
            new()
            {
                Name = "recall",
                Cost = new BatchCost(0.002, 0.0015),
                Intensity = 0.7,
                MemoryBytes = 1200 * MiB,
                LoadSeconds = 2,
                SloSeconds = 0.05,
                MaxRows = 64,
                RequestBytes = 2_000,
                AnswerBytes = 8_000,
            },
            new()
            {
                Name = "vision",
                Cost = new BatchCost(0.001, 0.008),
                Intensity = 0.5,
                MemoryBytes = 600 * MiB,
                SloSeconds = 0.12,
                MaxRows = 16,
                RequestBytes = 600_000,
                AnswerBytes = 4_000,
            },
            new()
            {
                Name = "moderate",
                Cost = new BatchCost(0.005, 0.004),
                Intensity = 0.9,
                MemoryBytes = 1600 * MiB,
                LoadSeconds = 3,
                SloSeconds = 0.15,
                MaxRows = 32,
                RequestBytes = 30_000,
                AnswerBytes = 200,
            },
        ];

    private static WorldModel[] Ads() =>
        [
            new()
            {
                Name = "ctr",
                Cost = new BatchCost(0.0015, 0.0004),
                Intensity = 0.35,
                MemoryBytes = 500 * MiB,
                SloSeconds = 0.025,
                MaxRows = 128,
                RequestBytes = 3_000,
                AnswerBytes = 100,
            },
            new()
            {
                Name = "text",
                Cost = new BatchCost(0.003, 0.0015),
                Intensity = 0.6,
                MemoryBytes = 900 * MiB,
                LoadSeconds = 2,
                SloSeconds = 0.06,
                MaxRows = 64,
                RequestBytes = 2_000,
                AnswerBytes = 2_000,
            },
            new()
            {
                Name = "image",
                Cost = new BatchCost(0.001, 0.01),
                Intensity = 0.6,
                MemoryBytes = 700 * MiB,
                SloSeconds = 0.15,
                MaxRows = 16,
                RequestBytes = 600_000,
                AnswerBytes = 2_000,
            },
        ];

    /// <summary>Requests whose work adds up to a share of the cluster's capacity on average.</summary>
    private static Workload Generate(
        WorldSpec world,
        double seconds,
        double load,
        long seed,
        double[] shares,
        Func<int, double, SimulationRandom, Func<double, double>> shape,
        Func<int, SimulationRandom, int> rows
    )
    {
        double capacity = world.Nodes.Sum(node => node.Cores * node.Speed);
        IEnumerable<Arrival>[] streams = new IEnumerable<Arrival>[world.Models.Count];
        for (int i = 0; i < streams.Length; i++)
        {
            int model = i;
            // Numbers of its own for each use: another shape of one model changes no other's requests.
            SimulationRandom random = new(seed, 100 + (10 * i));
            SimulationRandom sizes = new(seed, 101 + (10 * i));
            SimulationRandom form = new(seed, 102 + (10 * i));
            Func<double, double> factor = shape(model, seconds, form);
            double mean = Enumerable.Range(0, 2000).Average(step => factor(step / 2000.0 * seconds));
            // A little more than the samples show, so that no peak between two of them is cut off.
            double highest = Enumerable.Range(0, 2000).Max(step => factor(step / 2000.0 * seconds)) * 1.01;
            SimulationRandom probe = new(seed, 103 + (10 * i));
            double meanRows = Enumerable.Range(0, 500).Average(_ => rows(model, probe));
            WorldModel spec = world.Models[i];
            // Half-filled batches: what a row costs where a cluster is neither idle nor flooded.
            double cost = meanRows * spec.Cost.SecondsEach(Math.Max(1, Math.Min(spec.MaxRows, 4 * meanRows)));
            double rate = load * capacity * shares[i] / cost / mean;
            streams[i] = ArrivalProcesses.Of(
                model,
                ArrivalProcesses.Varying(time => rate * factor(time), rate * highest, seconds, random),
                () => rows(model, sizes)
            );
        }

        return ArrivalProcesses.Merge(seconds, streams);
    }

    private static double[] Zipf(int count, double exponent)
    {
        double[] weights = [.. Enumerable.Range(1, count).Select(rank => Math.Pow(rank, -exponent))];
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    private static Func<int, SimulationRandom, int> Rows(int least, int most) =>
        (_, random) => least == most ? least : least + random.Next(most - least + 1);

    private static Func<double, double> Drifting(int model, double seconds, SimulationRandom random)
    {
        // Popularity wanders: every half minute or so a tenant wakes up or goes quiet.
        return ArrivalProcesses.Bursts(0.5, 2.2, 25, 12, seconds, random);
    }

    private static Func<double, double> Waves(int model, double seconds, SimulationRandom random)
    {
        double phase = random.NextDouble() * 30;
        return model == 0 ? _ => 1 : time => (time + phase) % 30 < 15 ? 1.7 : 0.3;
    }

    private static Func<double, double> ShortBursts(int model, double seconds, SimulationRandom random) =>
        ArrivalProcesses.Bursts(0.75, 3, 8, 1, seconds, random);

    private static Func<double, double> LongBursts(int model, double seconds, SimulationRandom random) =>
        ArrivalProcesses.Bursts(0.7, 2, 20, 6, seconds, random);

    private static Func<double, double> Swell(int model, double seconds, SimulationRandom random)
    {
        Func<double, double> crowds = ArrivalProcesses.Bursts(1, 1.8, 30, 5, seconds, random);
        double phase = random.NextDouble() * 0.15;
        return time => (1 + (0.5 * Math.Sin(2 * Math.PI * ((time / seconds) + phase)))) * crowds(time);
    }
}
