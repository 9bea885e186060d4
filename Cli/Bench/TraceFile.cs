using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Cli.Bench;

/// <summary>Arrivals from a CSV file with a header: a column of times, in seconds or as dates.</summary>
internal static class TraceFile
{
    /// <summary>The arrivals, ascending, in seconds from the first.</summary>
    /// <exception cref="CliException">There is no such file or column, or a value is no time.</exception>
    public static IReadOnlyList<double> Read(string path, string column)
    {
        if (!File.Exists(path))
        {
            throw new CliException($"--trace: there is no file '{path}'", CliException.Usage);
        }
        string[] lines = File.ReadAllLines(path);
        string[] header = lines.Length == 0 ? [] : TraceCells.Split(lines[0]);
        int index = Array.FindIndex(header, name => name.Equals(column, StringComparison.OrdinalIgnoreCase));
        if (index < 0)
        {
            throw new CliException(
                $"--trace {path} has no column '{column}'; it has: {string.Join(", ", header)} (choose with --column)",
                CliException.Usage
            );
        }
        List<long> times = [];
        for (int line = 1; line < lines.Length; line++)
        {
            if (lines[line].Length == 0)
            {
                continue;
            }
            string[] cells = TraceCells.Split(lines[line]);
            if (index >= cells.Length || !TraceCells.TryTicks(cells[index], out long ticks))
            {
                throw new CliException(
                    $"--trace {path}, line {line + 1}: '{(index < cells.Length ? cells[index] : "")}' is no "
                        + $"time; expected seconds, or a date such as 2023-11-16 18:15:46",
                    CliException.Usage
                );
            }
            times.Add(ticks);
        }

        if (times.Count == 0)
        {
            throw new CliException($"--trace {path} has no arrivals", CliException.Usage);
        }
        times.Sort();
        long first = times[0];
        return [.. times.Select(time => (time - first) / (double)TimeSpan.TicksPerSecond)];
    }
}
