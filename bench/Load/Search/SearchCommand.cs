using System.Globalization;
using System.Text.Json;
using OrleansInference.Agent.Planning.Search;
using OrleansInference.Load.Arguments;
using OrleansInference.Load.Cluster;
using OrleansInference.Load.Compare;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Search;

/// <summary>
/// The search over batch × threads × instances on a live silo against all of its grid, each point the median of several
/// measurements in shuffled order; then what each search chose and the grid's best in turn, whose ratio is reported.
/// </summary>
internal static class SearchCommand
{
    public static readonly string[] Options = ["silo", "data", "only", "searches", "repeats", "pairs"];

    private const int MaxRows = 128;

    public static async Task<int> RunAsync(ArgumentSet arguments, CancellationToken cancellation)
    {
        var only = arguments.Find("only")?.Split(',');
        using var folder = SearchFolder.Create(arguments.Text("data", Raw.SampleModels.DefaultFolder), MaxRows);
        using var silos = await ClusterSilos.StartAsync(
            arguments.Text("silo", "dotnet Silo/bin/Release/net10.0/OrleansInference.Silo.dll"),
            1,
            folder.Path,
            cancellation
        );
        Console.WriteLine($"{Machine.Describe()}; commit {Machine.Commit()}");
        using var client = new HttpClient
        {
            BaseAddress = new Uri($"http://{silos.All[0].EndPoint}/v2/cluster/nodes/s0/"),
            Timeout = TimeSpan.FromMinutes(10),
        };
        foreach (var model in folder.Models.Where(model => only is null || only.Contains(model)))
        {
            await CompareAsync(
                client,
                model,
                arguments.Integer("searches", 3, 1),
                arguments.Integer("repeats", 3, 1),
                arguments.Integer("pairs", 7, 1),
                cancellation
            );
        }
        return 0;
    }

    private static async Task CompareAsync(
        HttpClient client,
        string model,
        int searches,
        int repeats,
        int pairs,
        CancellationToken cancellation
    )
    {
        List<(Setting Chosen, int Tried, int Size, string Reason)> found = [];
        for (var i = 0; i < searches; i++)
        {
            found.Add(await SearchAsync(client, model, cancellation));
        }
        var grid = KnobGrid
            .For(MaxRows, Environment.ProcessorCount)
            .All.Select(knobs => new Setting(knobs.MaxRows, knobs.Threads, knobs.Instances))
            .ToArray();
        var scores = grid.ToDictionary(setting => setting, _ => new List<double>());
        var random = new Random(1);
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            random.Shuffle(grid);
            for (var i = 0; i < grid.Length; i++)
            {
                scores[grid[i]].Add((await MeasureAsync(client, model, grid[i], cancellation)).Score);
                if (i % 8 == 7)
                {
                    await Console.Error.WriteLineAsync(
                        $"{model}: round {repeat + 1} of {repeats}, {i + 1} of {grid.Length} settings"
                    );
                }
            }
        }

        var best = grid.MaxBy(setting => Median.Of(scores[setting]))!;
        Console.WriteLine(
            $"{model}: {grid.Length} settings, {repeats} measurements each; the grid's best: {best}, "
                + $"{Median.Of(scores[best]):F0}"
        );
        foreach (var (chosen, tried, size, reason) in found)
        {
            List<double> ratios = [];
            for (var pair = 0; pair < pairs; pair++)
            {
                var ours = (await MeasureAsync(client, model, chosen, cancellation)).Score;
                ratios.Add(ours / (await MeasureAsync(client, model, best, cancellation)).Score);
            }

            var (mean, low, high) = Interval(ratios, random);
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  search: {tried} of {size} tried ({100.0 * tried / size:F0} %), {chosen}; of the "
                        + $"grid's best {mean:F3} ({low:F3}–{high:F3}, {pairs} pairs), by the grid's medians "
                        + $"{Median.Of(scores[chosen]) / Median.Of(scores[best]):F3}"
                )
            );
            Console.WriteLine($"    {reason}");
        }
    }

    /// <summary>Mean and its 95 % interval by resampling.</summary>
    private static (double Mean, double Low, double High) Interval(List<double> values, Random random)
    {
        var means = Enumerable
            .Range(0, 4000)
            .Select(_ => Enumerable.Range(0, values.Count).Average(_ => values[random.Next(values.Count)]))
            .Order()
            .ToArray();
        return (values.Average(), means[100], means[3899]);
    }

    private static async Task<(Setting Chosen, int Tried, int Size, string Reason)> SearchAsync(
        HttpClient client,
        string model,
        CancellationToken cancellation
    )
    {
        using var profile = await PostAsync(client, $"search/{model}", cancellation);
        var root = profile.RootElement;
        var chosen = root.GetProperty("chosen");
        return (
            new Setting(
                chosen.GetProperty("max_rows").GetInt32(),
                chosen.GetProperty("threads").GetInt32(),
                chosen.GetProperty("instances").GetInt32()
            ),
            root.GetProperty("tried").GetArrayLength(),
            root.GetProperty("grid_size").GetInt32(),
            root.GetProperty("reason").GetString()!
        );
    }

    private static async Task<(double Score, double P50)> MeasureAsync(
        HttpClient client,
        string model,
        Setting setting,
        CancellationToken cancellation
    )
    {
        using var point = await PostAsync(
            client,
            $"measure/{model}?rows={setting.Rows}&threads={setting.Threads}&instances={setting.Instances}",
            cancellation
        );
        return (Number("score"), Number("p50_ms"));

        double Number(string name) =>
            point.RootElement.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : 0;
    }

    private static async Task<JsonDocument> PostAsync(HttpClient client, string path, CancellationToken cancellation)
    {
        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), null, cancellation);
        var text = await response.Content.ReadAsStringAsync(cancellation);
        return response.IsSuccessStatusCode
            ? JsonDocument.Parse(text)
            : throw new InvalidOperationException($"{path}: {(int)response.StatusCode} {text}");
    }

    private sealed record Setting(int Rows, int Threads, int Instances)
    {
        public override string ToString() => $"batch {Rows} × {Threads} threads × {Instances} instances";
    }
}
