using System.Globalization;
using Prometheus;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>Triton's metrics of the machine's processors and memory. As there, on Linux only.</summary>
/// <param name="proc">The folder of the kernel's files.</param>
internal sealed class MachineMetrics(string proc)
{
    private readonly Lock _lock = new();
    private (double Busy, double Total) _last;
    private double _utilization;

    /// <summary>Those of this machine.</summary>
    public MachineMetrics()
        : this("/proc") { }

    /// <summary>Adds what the kernel tells now; the utilization is that since the last scrape.</summary>
    public void AddTo(MetricFactory metrics)
    {
        string processors = Path.Combine(proc, "stat");
        string memory = Path.Combine(proc, "meminfo");
        if (!File.Exists(processors) || !File.Exists(memory))
        {
            return;
        }
        Dictionary<string, double> bytes = File.ReadLines(memory)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(parts => parts.Length >= 2)
            .ToDictionary(parts => parts[0], parts => 1024 * double.Parse(parts[1], CultureInfo.InvariantCulture));
        metrics
            .CreateGauge("nv_cpu_utilization", "CPU utilization rate [0.0 - 1.0]")
            .Set(Utilization(File.ReadLines(processors).First()));
        metrics
            .CreateGauge("nv_cpu_memory_total_bytes", "CPU total memory (RAM), in bytes")
            .Set(bytes.GetValueOrDefault("MemTotal:"));
        metrics
            .CreateGauge("nv_cpu_memory_used_bytes", "CPU used memory (RAM), in bytes")
            .Set(bytes.GetValueOrDefault("MemTotal:") - bytes.GetValueOrDefault("MemAvailable:"));
    }

    private double Utilization(string line)
    {
        double[] ticks =
        [
            .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Skip(1)
                .Take(8)
                .Select(part => double.Parse(part, CultureInfo.InvariantCulture)),
        ];
        double total = ticks.Sum();
        // The fourth and fifth are idle, and idle until a disk answers.
        double busy = total - ticks[3] - ticks[4];
        lock (_lock)
        {
            if (total > _last.Total)
            {
                _utilization = Math.Clamp((busy - _last.Busy) / (total - _last.Total), 0, 1);
                _last = (busy, total);
            }
            return _utilization;
        }
    }
}
