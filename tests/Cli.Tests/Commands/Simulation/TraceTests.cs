using Parquet.Serialization;
using Spectre.Console.Testing;

namespace OrleansInference.Cli.Tests.Commands.Simulation;

/// <summary><c>oinf trace</c>.</summary>
public sealed class TraceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("traces").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Trace_WhatWasRecorded_IsWrittenInOrderAndChanged()
    {
        Row[] rows =
        [
            .. Enumerable
                .Range(0, 100)
                .Select(i => new Row
                {
                    ArrivedAt = 1e12 + ((99 - i) * 100),
                    Model = i % 2 == 0 ? "b" : "a",
                    Rows = 1 + (i % 3),
                }),
        ];
        await using (FileStream file = File.Create(Path.Combine(_folder, "requests-n-1.parquet")))
        {
            await ParquetSerializer.SerializeAsync(
                rows,
                file,
                cancellationToken: TestContext.Current.CancellationToken
            );
        }
        string all = Path.Combine(_folder, "all.csv");
        string changed = Path.Combine(_folder, "changed.csv");

        Assert.Equal((0, ""), await RunAsync("trace", _folder, "--out", all));
        Assert.Equal(
            (0, ""),
            await RunAsync(
                "trace",
                all,
                "--out",
                changed,
                "--thin",
                "0.5",
                "--bursts",
                "1",
                "--burst-factor",
                "4",
                "--superpose",
                all,
                "--warp",
                "0.5"
            )
        );

        string[] lines = await File.ReadAllLinesAsync(all, TestContext.Current.CancellationToken);
        Assert.Equal("time,model,rows", lines[0]);
        Assert.Equal(101, lines.Length);
        Assert.StartsWith("0.0000000,a,1", lines[1], StringComparison.Ordinal);
        Assert.Equal(lines.Skip(1).Select(Time).Order(), lines.Skip(1).Select(Time));
        Assert.True(File.ReadLines(changed).Count() > 101);
    }

    [Fact]
    public async Task Trace_NothingRecorded_SaysWhereItShouldBe()
    {
        (int code, string error) = await RunAsync("trace", _folder);

        Assert.Equal(2, code);
        Assert.Contains("Recording:Folder", error, StringComparison.Ordinal);
    }

    /// <summary>Some of what a silo records of a request.</summary>
    private sealed class Row
    {
        public double ArrivedAt { get; set; }

        public string Model { get; set; } = "";

        public int Rows { get; set; }
    }

    private static double Time(string line) =>
        double.Parse(line.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<(int Code, string Error)> RunAsync(params string[] arguments)
    {
        using TestConsole console = new();
        await using StringWriter output = new(),
            error = new();
        int code = await OinfApp.RunAsync(arguments, console, output, error, TestContext.Current.CancellationToken);
        return (code, error.ToString());
    }
}
