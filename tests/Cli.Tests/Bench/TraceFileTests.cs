using OrleansInference.Cli.Bench;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Cli.Tests.Bench;

public sealed class TraceFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(
        "TIMESTAMP,n\n2023-11-16 18:15:46.5,1\n2023-11-16 18:15:46.0,2\n2023-11-16 18:15:48.0,3\n",
        "TIMESTAMP"
    )]
    [InlineData("n,at\n1,10.5\n2,10\n\n3,12\n", "at")]
    public void Read_DatesOrSeconds_AreSecondsFromTheFirst(string text, string column)
    {
        File.WriteAllText(_path, text);

        Assert.Equal([0, 0.5, 2], TraceFile.Read(_path, column));
    }

    [Theory]
    [InlineData("a,b\n1,2\n", "TIMESTAMP", "it has: a, b")]
    [InlineData("TIMESTAMP\nsoon\n", "TIMESTAMP", "line 2: 'soon' is no time")]
    [InlineData("TIMESTAMP\n", "TIMESTAMP", "has no arrivals")]
    public void Read_Wrong_SaysWhere(string text, string column, string expected)
    {
        File.WriteAllText(_path, text);

        Assert.Contains(
            expected,
            Assert.Throws<CliException>(() => TraceFile.Read(_path, column)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Read_PublicTrace_HasItsArrivals()
    {
        IReadOnlyList<double> times = TraceFile.Read(
            RepositoryRoot.Data("traces", "AzureLLMInferenceTrace_code.csv"),
            "TIMESTAMP"
        );

        Assert.Equal(8819, times.Count);
        Assert.InRange(times[^1], 3000, 3600);
    }
}
