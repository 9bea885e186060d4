using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Planning;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Recorded;
using OrleansInference.Simulation.Workloads;
using Parquet.Serialization;

namespace OrleansInference.Simulation.Tests.Recorded;

/// <summary>What silos record becomes a world of the twin.</summary>
public sealed class RecordedClusterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recorded").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ReadAsync_TwoNodes_GivesTheirCostsAndRequests()
    {
        Random random = new(1);
        (double Base, double Row)[] costs = [(0.004, 0.001), (0.008, 0.002)];
        List<RecordedSecond> seconds = [];
        foreach (int node in new[] { 0, 1 })
        {
            long runs = 0;
            long rows = 0;
            double run = 0;
            for (int second = 0; second < 120; second++)
            {
                int more = 10 + random.Next(40);
                double size = 1 + (random.NextDouble() * 8);
                runs = runs + more;
                rows = rows + (long)(more * size);
                run = run + (more * costs[node].Base) + ((long)(more * size) * costs[node].Row);
                seconds.Add(
                    new RecordedSecond
                    {
                        At = 1e12 + (second * 1000),
                        Node = $"n{node}",
                        Model = "m",
                        Runs = runs,
                        Rows = rows,
                        RunSeconds = run,
                        Bytes = rows * 100,
                        SloMs = 80,
                        MaxRows = 32,
                        MemoryBytes = 1000,
                    }
                );
            }
        }

        await WriteAsync("replicas-n-1.parquet", seconds);
        await WriteAsync(
            "nodes-n-1.parquet",
            [
                new RecordedNodeRow
                {
                    Node = "n0",
                    Cores = 4,
                    LinkMbps = 1000,
                },
                new RecordedNodeRow { Node = "n1", Cores = 2 },
            ]
        );
        await WriteAsync(
            "requests-n-1.parquet",
            [
                .. Enumerable
                    .Range(0, 2000)
                    .Select(i => new RecordedRow
                    {
                        ArrivedAt = 1e12 + (i * 50),
                        Model = "m",
                        Rows = 1,
                    }),
            ]
        );

        RecordedCluster recorded = await RecordedCluster.ReadAsync(_folder, Token);
        SimulationResult result = SimulatedCluster.Run(
            recorded.World,
            recorded.Requests,
            new SimulatedPolicy { Planner = new ReplicateWhereItFits(), Tuner = () => new RunLengthTuner() },
            new SimulationOptions()
        );

        Assert.Equal((4, 2), (recorded.World.Nodes[0].Cores, recorded.World.Nodes[1].Cores));
        Assert.Equal(
            (0.08, 32, 50),
            (
                recorded.World.Models[0].SloSeconds,
                recorded.World.Models[0].MaxRows,
                recorded.World.Models[0].RequestBytes
            )
        );
        Assert.Equal(0.006, recorded.World.Models[0].Cost.BaseSeconds, 0.0006);
        Assert.Equal(0.0015, recorded.World.Models[0].Cost.SecondsPerRow, 0.00015);
        Assert.Equal(2000, result.Requests);
        Assert.True(result.SloAttainment > 0.99);
    }

    [Fact]
    public async Task ReadAsync_TwoVersionsOnANode_AreComparedEachWithItself()
    {
        List<RecordedSecond> seconds = [];
        for (int second = 0; second < 60; second++)
        {
            // Both take 2 ms a run of a row; the old one has run for long, and took 5 ms before.
            seconds.Add(Second(second, "1", runs: 100_000 + (100 * second), runSeconds: 500 + (0.2 * second)));
            seconds.Add(Second(second, "2", runs: 20 * second, runSeconds: 0.04 * second));
        }

        await WriteAsync("replicas-n-1.parquet", seconds);
        await WriteNodeAndRequestsAsync();

        RecordedCluster recorded = await RecordedCluster.ReadAsync(_folder, Token);

        Assert.Equal(0.002, recorded.World.Models[0].Cost.Seconds(1), 0.0001);
    }

    [Fact]
    public async Task ReadAsync_FilesThatNameNoVersion_AreReadAsOne()
    {
        await WriteAsync(
            "replicas-n-1.parquet",
            [
                .. Enumerable
                    .Range(0, 60)
                    .Select(second => new VersionlessSecond
                    {
                        At = 1e12 + (second * 1000),
                        Node = "n0",
                        Model = "m",
                        Runs = 100 * second,
                        Rows = 100 * second,
                        RunSeconds = 0.2 * second,
                    }),
            ]
        );
        await WriteNodeAndRequestsAsync();

        RecordedCluster recorded = await RecordedCluster.ReadAsync(_folder, Token);

        Assert.Equal(0.002, recorded.World.Models[0].Cost.Seconds(1), 0.0001);
    }

    [Fact]
    public async Task ReadAsync_NothingOrHalf_SaysWhatIsMissing()
    {
        Assert.Contains(
            "requests-*.parquet",
            (await Assert.ThrowsAsync<TraceFormatException>(() => RecordedCluster.ReadAsync(_folder, Token))).Message,
            StringComparison.Ordinal
        );
        await WriteAsync(
            "requests-n-1.parquet",
            [
                new RecordedRow
                {
                    ArrivedAt = 1,
                    Model = "m",
                    Rows = 1,
                },
            ]
        );
        Assert.Contains(
            "nodes-*.parquet",
            (await Assert.ThrowsAsync<TraceFormatException>(() => RecordedCluster.ReadAsync(_folder, Token))).Message,
            StringComparison.Ordinal
        );
        await WriteAsync("nodes-n-1.parquet", [new RecordedNodeRow { Node = "n0", Cores = 4 }]);
        Assert.Contains(
            "model 'm'",
            (await Assert.ThrowsAsync<TraceFormatException>(() => RecordedCluster.ReadAsync(_folder, Token))).Message,
            StringComparison.Ordinal
        );
    }

    private static RecordedSecond Second(int second, string version, long runs, double runSeconds) =>
        new()
        {
            At = 1e12 + (second * 1000),
            Node = "n0",
            Model = "m",
            Version = version,
            Runs = runs,
            Rows = runs,
            RunSeconds = runSeconds,
        };

    private async Task WriteNodeAndRequestsAsync()
    {
        await WriteAsync("nodes-n-1.parquet", [new RecordedNodeRow { Node = "n0", Cores = 4 }]);
        await WriteAsync(
            "requests-n-1.parquet",
            [
                new RecordedRow
                {
                    ArrivedAt = 1e12,
                    Model = "m",
                    Rows = 1,
                },
            ]
        );
    }

    /// <summary>What silos wrote before they wrote versions.</summary>
    private sealed class VersionlessSecond
    {
        public double At { get; set; }

        public string Node { get; set; } = "";

        public string Model { get; set; } = "";

        public long Runs { get; set; }

        public long Rows { get; set; }

        public double RunSeconds { get; set; }

        public long Bytes { get; set; }

        public double SloMs { get; set; }

        public int MaxRows { get; set; }

        public long MemoryBytes { get; set; }
    }

    private async Task WriteAsync<T>(string name, IReadOnlyCollection<T> rows)
        where T : class
    {
        await using FileStream file = File.Create(Path.Combine(_folder, name));
        await ParquetSerializer.SerializeAsync(rows, file, cancellationToken: Token);
    }
}
