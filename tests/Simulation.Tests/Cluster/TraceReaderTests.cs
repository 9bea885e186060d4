using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Simulation.Tests.Cluster;

public sealed class TraceReaderTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Read_TimesModelsAndRows_InOrder()
    {
        Workload workload = Read("time,model,rows\n0.5,b,3\n0.25,a,1\n9,a,1\n", seconds: 5);

        Assert.Equal(
            [(2_500_000 - 2_500_000, 0, 1), (2_500_000, 1, 3)],
            workload.Arrivals.Select(arrival => (arrival.At, arrival.Model, arrival.Rows))
        );
    }

    [Fact]
    public void Read_AzureLlm_CountsTokensInRows() =>
        Assert.Equal(
            [(0, 1), (5_000_000, 3)],
            Read(
                "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.0000000,480,10\n2023-11-16 "
                    + "18:17:03.5000000,1200,8\n"
            )
                .Arrivals.Select(arrival => ((int)arrival.At, arrival.Rows))
        );

    [Fact]
    public void Read_AzureFunctions_TheBusiestIsTheFirstModels()
    {
        Workload workload = Read("HashFunction,minute_1,minute_2\nx,1,0\ny,5,7\n", seconds: 120);

        Assert.Equal(
            (12, 1),
            (
                workload.Arrivals.Count(arrival => arrival.Model == 0),
                workload.Arrivals.Count(arrival => arrival.Model == 1)
            )
        );
        Assert.Equal(
            5,
            workload.Arrivals.Count(arrival => arrival.Model == 0 && arrival.At < 60 * TimeSpan.TicksPerSecond)
        );
    }

    [Fact]
    public void Write_ThenRead_IsTheSame()
    {
        Workload workload = Read("time,model,rows\n0,a,2\n0.1234567,b,1\n");
        using (StreamWriter writer = new(_path))
        {
            TraceReader.Write(writer, workload, ["a", "b"]);
        }

        Assert.Equal(workload.Arrivals, TraceReader.Read(_path, ["a", "b"], 60).Arrivals);
    }

    [Theory]
    [InlineData("when,what\n1,2\n", "expected time[,model,rows]")]
    [InlineData("time\nsoon\n", "line 2: 'soon' is no time")]
    [InlineData("time,rows\n1,many\n", "'many' is no number of rows")]
    [InlineData("time\n", "no requests")]
    public void Read_SomethingElse_SaysWhereAndWhat(string text, string expected) =>
        Assert.Contains(
            expected,
            Assert.Throws<TraceFormatException>(() => Read(text)).Message,
            StringComparison.Ordinal
        );

    private Workload Read(string text, double seconds = 60)
    {
        File.WriteAllText(_path, text);
        return TraceReader.Read(_path, ["a", "b"], seconds);
    }
}
