using System.Text.Json;
using Spectre.Console.Testing;

namespace OrleansInference.Cli.Tests.Commands.Simulation;

/// <summary><c>oinf simulate</c> and <c>oinf optimize</c>: commands that need no server.</summary>
public sealed class SimulateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oinf").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Simulate_TheSameSeed_GivesTheSameAndAnotherSeedAnother()
    {
        JsonElement one = await SimulateAsync("--seed", "7");
        JsonElement again = await SimulateAsync("--seed", "7");
        JsonElement other = await SimulateAsync("--seed", "8");

        Assert.Equal(Without(one), Without(again));
        Assert.NotEqual(Without(one), Without(other));
        foreach (
            string member in new[]
            {
                "requests",
                "completed",
                "rejected",
                "slo_attainment",
                "p50_ms",
                "p99_ms",
                "plan",
                "C",
                "D",
                "N",
            }
        )
        {
            Assert.True(one.TryGetProperty(member, out _), member);
        }
        Assert.True(one.GetProperty("timing").GetProperty("events_per_cpu_second").GetDouble() > 0);
        Assert.True(one.GetProperty("timing").GetProperty("cpu_seconds").GetDouble() >= 2);
    }

    [Fact]
    public async Task Simulate_ATrace_IsReplayedAndPlotted()
    {
        string trace = Path.Combine(_folder, "trace.csv");
        string plot = Path.Combine(_folder, "plot.svg");
        await File.WriteAllLinesAsync(
            trace,
            ["time,rows", .. Enumerable.Range(0, 200).Select(i => $"{i * 0.05:F2},1")],
            TestContext.Current.CancellationToken
        );

        (int code, string text, _, string error) = await RunAsync(
            "simulate",
            "--trace",
            trace,
            "--seconds",
            "10",
            "--agent",
            "off",
            "--plot",
            plot
        );

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("200 requests", text, StringComparison.Ordinal);
        Assert.StartsWith(
            "<",
            await File.ReadAllTextAsync(plot, TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("there are: cloud", "--scenario", "space")]
    [InlineData("equal, unequal, tight", "--shape", "round")]
    [InlineData("there is no file", "--trace", "/nowhere.csv")]
    [InlineData("1 to 1000", "--nodes", "0")]
    public async Task Simulate_SomethingWrong_SaysWhatIsAllowed(string expected, params string[] arguments)
    {
        (int code, _, _, string error) = await RunAsync(["simulate", .. arguments]);

        Assert.Equal(2, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Optimize_AModel_WritesVariantsWithTheirLoss()
    {
        string model = Path.Combine(_folder, "model.onnx");
        await File.WriteAllBytesAsync(
            model,
            Onnx.Samples.FixtureModels.Mlp(64, 128, 8),
            TestContext.Current.CancellationToken
        );

        (int code, _, string json, string error) = await RunAsync("optimize", model, "--rows", "64", "--json");

        Assert.Equal((0, ""), (code, error));
        JsonElement[] variants = [.. JsonDocument.Parse(json).RootElement.GetProperty("variants").EnumerateArray()];
        Assert.Equal(
            ["original", "graph", "fp16", "int8"],
            variants.Take(4).Select(variant => variant.GetProperty("name").GetString())
        );
        Assert.All(variants, variant => Assert.Equal("", variant.GetProperty("problem").GetString()));
        Assert.All(variants, variant => Assert.InRange(variant.GetProperty("accuracy_loss").GetDouble(), 0, 0.2));
        Assert.True(variants[3].GetProperty("mean_difference").GetDouble() > 0);
        Assert.True(
            variants[3].GetProperty("file_bytes").GetInt64() < variants[0].GetProperty("file_bytes").GetInt64() / 2
        );
        Assert.Equal(3, Engine.Repository.ModelVariants.Read(_folder).Count);
    }

    private static async Task<JsonElement> SimulateAsync(params string[] arguments)
    {
        (int code, _, string json, string error) = await RunAsync([
            "simulate",
            "--scenario",
            "ads",
            "--nodes",
            "3",
            "--seconds",
            "12",
            "--json",
            .. arguments,
        ]);
        Assert.Equal((0, ""), (code, error));
        return JsonDocument.Parse(json).RootElement;
    }

    private static string Without(JsonElement result) =>
        string.Join(
            "\n",
            result
                .EnumerateObject()
                .Where(member => member.Name is not ("timing" or "seed"))
                .Select(member => $"{member.Name} {member.Value.GetRawText()}")
        );

    private static async Task<(int Code, string Text, string Json, string Error)> RunAsync(params string[] arguments)
    {
        using TestConsole console = new();
        console.Profile.Width = 400;
        using StringWriter output = new(),
            error = new();
        int code = await OinfApp.RunAsync(arguments, console, output, error, TestContext.Current.CancellationToken);
        return (code, console.Output, output.ToString(), error.ToString());
    }
}
