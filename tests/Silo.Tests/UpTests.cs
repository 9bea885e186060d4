using System.Diagnostics;
using System.Text.Json;
using OrleansInference.Onnx.Samples;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Silo.Tests;

/// <summary><c>oinf up</c> with real silos.</summary>
public sealed class UpTests : IDisposable
{
    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Fact]
    public async Task Up_TwoSilos_RestartsOneThatCrashesAndStopsBoth()
    {
        string version = Directory.CreateDirectory(Path.Combine(_models, "scale", "1")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(version, "model.onnx"), FixtureModels.Scale(3, 2f), Token);
        string tests = typeof(UpTests).Assembly.Location;
        string silo = tests.Replace(
            "OrleansInference.Silo.Tests.dll",
            "OrleansInference.Silo.dll",
            StringComparison.Ordinal
        );
        string oinf = tests.Replace("OrleansInference.Silo.Tests.dll", "oinf.dll", StringComparison.Ordinal);
        int[] ports = FreePorts.Take(3);
        using Process up = Process.Start(
            new ProcessStartInfo(
                "dotnet",
                [
                    oinf,
                    "up",
                    "--silos",
                    "2",
                    "--models",
                    _models,
                    "--silo",
                    silo,
                    "--http-port",
                    $"{ports[0]}",
                    "--silo-port",
                    $"{ports[1]}",
                    "--gateway-port",
                    $"{ports[2]}",
                ]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        try
        {
            using StreamReader output = up.StandardOutput;
            await LineAsync(output, "silo-1 | Ready.");
            using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{ports[0]}") };
            string victim = Process
                .GetProcesses()
                .Where(process => process.ProcessName == "dotnet")
                .Select(process => (process.Id, Line: CommandLine(process.Id)))
                .Single(process =>
                    process.Line.Contains(silo, StringComparison.Ordinal)
                    && process.Line.Contains($"--http-port\0{ports[0] + 2}\0", StringComparison.Ordinal)
                )
                .Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
            using (Process kill = Process.Start("kill", ["-9", victim]))
            {
                await kill.WaitForExitAsync(Token);
            }
            await LineAsync(output, "silo-1 | ended with exit code");
            await LineAsync(output, "silo-1 | Ready.");
            // Where the director lived on the killed silo, the next one's first table takes a while.
            using CancellationTokenSource known = CancellationTokenSource.CreateLinkedTokenSource(Token);
            known.CancelAfter(TimeSpan.FromSeconds(60));
            while (!await KnowsAsync(http, "silo-0", known.Token) || !await KnowsAsync(http, "silo-1", known.Token))
            {
                await Task.Delay(100, known.Token);
            }

            using (Process kill = Process.Start("kill", ["-TERM", $"{up.Id}"]))
            {
                await kill.WaitForExitAsync(Token);
            }
            string rest = await output.ReadToEndAsync(Token);
            await up.WaitForExitAsync(Token);
            Assert.Equal(0, up.ExitCode);
            Assert.Contains("silo-0 | stopping", rest, StringComparison.Ordinal);
        }
        finally
        {
            if (!up.HasExited)
            {
                up.Kill(entireProcessTree: true);
            }
        }
    }

    private static async Task<bool> KnowsAsync(HttpClient http, string name, CancellationToken token)
    {
        using JsonDocument state = JsonDocument.Parse(await http.GetStringAsync("/v2/cluster", token));
        return state
            .RootElement.GetProperty("nodes")
            .EnumerateArray()
            .Any(node => node.GetProperty("name").GetString() == name);
    }

    private static async Task LineAsync(StreamReader output, string start)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(90));
        List<string> seen = [];
        while (await output.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                return;
            }
            seen.Add(line);
        }

        throw new InvalidOperationException($"'{start}' never came:\n{string.Join('\n', seen)}");
    }

    private static string CommandLine(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
