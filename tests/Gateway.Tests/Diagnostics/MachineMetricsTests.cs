using System.Text;
using OrleansInference.Gateway.Diagnostics;
using Prometheus;

namespace OrleansInference.Gateway.Tests.Diagnostics;

public sealed class MachineMetricsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddTo_TwoLooks_TellsWhatWasBusyBetweenThem()
    {
        string proc = Directory.CreateTempSubdirectory("proc").FullName;
        await File.WriteAllTextAsync(
            Path.Combine(proc, "meminfo"),
            "MemTotal:       2000 kB\nMemFree:         100 kB\nMemAvailable:    500 kB\nHugePages_Total:       0\n",
            Token
        );
        await File.WriteAllTextAsync(Path.Combine(proc, "stat"), "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2\n", Token);
        MachineMetrics machine = new(proc);
        await ReadAsync(machine);
        await File.WriteAllTextAsync(Path.Combine(proc, "stat"), "cpu  120 0 105 750 125 0 0 0 0 0\ncpu0 1 2\n", Token);

        string text = await ReadAsync(machine);

        Assert.Contains("nv_cpu_utilization 0.25\n", text, StringComparison.Ordinal);
        Assert.Contains("nv_cpu_memory_total_bytes 2048000\n", text, StringComparison.Ordinal);
        Assert.Contains("nv_cpu_memory_used_bytes 1536000\n", text, StringComparison.Ordinal);
        Directory.Delete(proc, recursive: true);
    }

    [Fact]
    public async Task AddTo_NoFilesOfTheKernel_AddsNothing() =>
        Assert.Equal("", await ReadAsync(new MachineMetrics("/that/is/not/there")));

    private static async Task<string> ReadAsync(MachineMetrics machine)
    {
        CollectorRegistry registry = Prometheus.Metrics.NewCustomRegistry();
        machine.AddTo(Prometheus.Metrics.WithCustomRegistry(registry));
        using MemoryStream text = new();
        await registry.CollectAndExportAsTextAsync(text, Token);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
