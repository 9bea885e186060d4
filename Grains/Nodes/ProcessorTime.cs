using System.Diagnostics;
using System.Globalization;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// Processor time of the machine and of this process, at one moment. Two of them tell how much of the processor was
/// left for this process. Known on Linux only, where the system counts it.
/// </summary>
/// <param name="MachineSeconds">Seconds that the machine's processors were busy, or kept from it by its host, since its
/// start.</param>
/// <param name="OwnSeconds">Seconds of this process.</param>
/// <param name="Processors">The machine's processors; this process may be allowed fewer.</param>
internal readonly record struct ProcessorTime(double MachineSeconds, double OwnSeconds, int Processors)
{
    private const string Source = "/proc/stat";

    /// <summary>Ticks a second in that file.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>
    /// The columns of user, nice, system, irq, softirq and steal; the others are idle, or counted twice.
    /// </summary>
    private static readonly int[] Busy = [1, 2, 3, 6, 7, 8];

    /// <summary>Now; null where the system does not tell.</summary>
    public static ProcessorTime? Now()
    {
        try
        {
            return OperatingSystem.IsLinux()
                ? Parse(File.ReadLines(Source), Environment.CpuUsage.TotalTime.TotalSeconds)
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Reads the lines of /proc/stat.</summary>
    /// <returns>Null where they are not as expected.</returns>
    public static ProcessorTime? Parse(IEnumerable<string> lines, double ownSeconds)
    {
        double? machine = null;
        int processors = 0;
        foreach (string line in lines)
        {
            if (!line.StartsWith("cpu", StringComparison.Ordinal))
            {
                break;
            }
            string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns[0] == "cpu" && columns.Length > Busy[^1])
            {
                machine =
                    Busy.Sum(column => double.Parse(columns[column], CultureInfo.InvariantCulture)) / TicksPerSecond;
            }
            else
            {
                processors++;
            }
        }

        return machine is { } seconds && processors > 0 ? new ProcessorTime(seconds, ownSeconds, processors) : null;
    }

    /// <summary>
    /// The share of the processors this process may use that others kept from it between <paramref name="before"/> and
    /// this moment, 0 to 1. What others did on processors that it could not have used anyway does not count.
    /// </summary>
    /// <param name="before">The earlier moment.</param>
    /// <param name="elapsed">Time between the two.</param>
    /// <param name="usable">Processors that this process may use.</param>
    public double TakenByOthers(in ProcessorTime before, TimeSpan elapsed, int usable)
    {
        double seconds = elapsed.TotalSeconds;
        if (seconds <= 0)
        {
            return 0;
        }
        double others = Math.Max(0, MachineSeconds - before.MachineSeconds - (OwnSeconds - before.OwnSeconds));
        double spare = (Processors - usable) * seconds;
        return Math.Clamp((others - spare) / (usable * seconds), 0, 1);
    }
}
