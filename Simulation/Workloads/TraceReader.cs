using System.Globalization;
using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.Workloads;

/// <summary>
/// Reads recorded requests from CSV with a header: <c>time,model,rows</c> (seconds; model and rows may be absent), the
/// Azure LLM inference traces (<c>TIMESTAMP,ContextTokens,GeneratedTokens</c>) and the Azure Functions traces of 2019
/// (a row a function, requests a minute in <c>minute_1</c> to <c>minute_1440</c>).
/// </summary>
public static class TraceReader
{
    private const int TokensPerRow = 512;
    private const string MinutePrefix = "minute_";

    /// <summary>Reads a trace.</summary>
    /// <param name="path">The file.</param>
    /// <param name="models">Names of the models: a trace's own names are matched, others are dealt out in order of
    /// their traffic.</param>
    /// <param name="seconds">Length of the workload; the trace is cut there.</param>
    /// <param name="speedup">How many times as fast it is replayed, &gt; 0.</param>
    /// <param name="seed">Seed of where in its minute a counted request comes.</param>
    /// <exception cref="TraceFormatException">It is of no known form, or a value is none.</exception>
    public static Workload Read(
        string path,
        IReadOnlyList<string> models,
        double seconds,
        double speedup = 1,
        long seed = 1
    )
    {
        if (!File.Exists(path))
        {
            throw new TraceFormatException($"there is no file '{path}'");
        }
        using StreamReader reader = new(path);
        string[] header = TraceCells.Split(reader.ReadLine() ?? "");
        IEnumerable<Arrival> arrivals =
            Array.Exists(header, name => name.StartsWith(MinutePrefix, StringComparison.Ordinal))
                ? Counted(reader, header, models, seconds * speedup, seed)
            : Column(header, "TIMESTAMP") >= 0 && Column(header, "ContextTokens") >= 0
                ? Listed(reader, path, header, "TIMESTAMP", "", "ContextTokens", models, TokensPerRow)
            : Column(header, "time") >= 0 ? Listed(reader, path, header, "time", "model", "rows", models, 1)
            : throw new TraceFormatException(
                $"'{path}' has the columns {string.Join(", ", header.Take(6))}; expected "
                    + $"time[,model,rows], or TIMESTAMP,ContextTokens,… or minute_1,minute_2,…"
            );
        long end = (long)(seconds * TimeSpan.TicksPerSecond);
        Arrival[] all =
        [
            .. arrivals
                .Select(arrival => arrival with { At = (long)(arrival.At / speedup) })
                .Where(arrival => arrival.At < end)
                .OrderBy(arrival => arrival.At)
                .ThenBy(arrival => arrival.Model),
        ];
        return all.Length == 0
            ? throw new TraceFormatException($"'{path}' has no requests in its first {seconds * speedup} seconds")
            : new Workload(all, seconds);
    }

    /// <summary>Writes a workload as <c>time,model,rows</c>.</summary>
    public static void Write(TextWriter writer, Workload workload, IReadOnlyList<string> models)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(workload);
        writer.WriteLine("time,model,rows");
        foreach (Arrival arrival in workload.Arrivals)
        {
            writer.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{arrival.At / (double)TimeSpan.TicksPerSecond:F7},{models[arrival.Model]},{arrival.Rows}"
                )
            );
        }
    }

    private static List<Arrival> Listed(
        StreamReader reader,
        string path,
        string[] header,
        string timeColumn,
        string modelColumn,
        string rowsColumn,
        IReadOnlyList<string> models,
        int perRow
    )
    {
        int time = Column(header, timeColumn);
        int model = Column(header, modelColumn);
        int rows = Column(header, rowsColumn);
        List<(long At, string Model, int Rows)> read = [];
        for (int line = 2; reader.ReadLine() is { } text; line++)
        {
            if (text.Length == 0)
            {
                continue;
            }
            string[] cells = TraceCells.Split(text);
            if (time >= cells.Length || !TraceCells.TryTicks(cells[time], out long at))
            {
                throw new TraceFormatException(
                    $"'{path}', line {line}: '{(time < cells.Length ? cells[time] : "")}' is no time; "
                        + $"expected seconds, or a date such as 2023-11-16 18:15:46"
                );
            }
            int count = 1;
            if (
                rows >= 0
                && rows < cells.Length
                && cells[rows].Length > 0
                && (!int.TryParse(cells[rows], NumberStyles.None, CultureInfo.InvariantCulture, out count) || count < 0)
            )
            {
                throw new TraceFormatException($"'{path}', line {line}: '{cells[rows]}' is no number of rows");
            }
            read.Add(
                (at, model >= 0 && model < cells.Length ? cells[model] : "", Math.Max(1, (count + perRow - 1) / perRow))
            );
        }

        if (read.Count == 0)
        {
            return [];
        }
        long first = read.Min(request => request.At);
        // Names that nobody knows are dealt out over the models, the busiest first.
        Dictionary<string, int> index = [];
        foreach (
            string name in read.GroupBy(request => request.Model)
                .OrderByDescending(group => group.Count())
                .ThenBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => group.Key)
        )
        {
            int known = models.ToList().IndexOf(name);
            index[name] = known >= 0 ? known : index.Count % models.Count;
        }

        return [.. read.Select(request => new Arrival(request.At - first, index[request.Model], request.Rows))];
    }

    private static IEnumerable<Arrival> Counted(
        StreamReader reader,
        string[] header,
        IReadOnlyList<string> models,
        double seconds,
        long seed
    )
    {
        int[] minutes =
        [
            .. Enumerable
                .Range(0, header.Length)
                .Where(i => header[i].StartsWith(MinutePrefix, StringComparison.Ordinal))
                .Take((int)Math.Ceiling(seconds / 60)),
        ];
        List<int[]> functions = [];
        while (reader.ReadLine() is { } text)
        {
            string[] cells = TraceCells.Split(text);
            functions.Add([
                .. minutes.Select(i =>
                    i < cells.Length
                    && int.TryParse(cells[i], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
                        ? count
                        : 0
                ),
            ]);
        }

        // The busiest function is the first model's, and so on round.
        int[][] busiest = [.. functions.OrderByDescending(function => function.Sum(count => (long)count))];
        SimulationRandom random = new(seed);
        for (int f = 0; f < busiest.Length; f++)
        {
            for (int minute = 0; minute < busiest[f].Length; minute++)
            {
                for (int i = 0; i < busiest[f][minute]; i++)
                {
                    yield return new Arrival(
                        (long)((minute + random.NextDouble()) * 60 * TimeSpan.TicksPerSecond),
                        f % models.Count,
                        1
                    );
                }
            }
        }
    }

    private static int Column(string[] header, string name) =>
        name.Length == 0
            ? -1
            : Array.FindIndex(header, column => column.Equals(name, StringComparison.OrdinalIgnoreCase));
}
