using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using OrleansInference.Cli.Commands.Agent;
using OrleansInference.Cli.Commands.Simulation;
using OrleansInference.Cli.Commands.Up;
using OrleansInference.Cli.Connection;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Scenarios;

/// <summary>
/// <c>oinf scenario</c>: a local cluster of emulated devices under a scenario's traffic, the agent off and then on.
/// </summary>
internal sealed class ScenarioCommand(IAnsiConsole console, TextWriter output, TimeProvider time)
    : AsyncCommand<ScenarioCommand.Settings>
{
    private const double ProbeSeconds = 30;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(3);

    /// <inheritdoc />
    public override async Task<int> ExecuteAsync(
        CommandContext context,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        ScenarioFile file = ScenarioFile.Find(settings.Name);
        int seconds = settings.Seconds ?? file.Seconds;
        Scenario scenario;
        WorldSpec world;
        try
        {
            scenario = OrleansInference.Simulation.Workloads.Scenarios.Find(file.Scenario);
            world = World(file, scenario);
        }
        catch (ArgumentException exception)
        {
            throw new CliException(exception.Message.Split(" (Parameter")[0], CliException.Usage);
        }

        Workload workload = scenario.Generate(world, seconds, file.Load, settings.Seed);
        string rate = (workload.Arrivals.Length / (double)seconds).ToString("F0", CultureInfo.InvariantCulture);
        WriteProgress(
            settings,
            $"{scenario.Title}: {world.Nodes.Count} silos on emulated devices, {world.Models.Count} models, {rate} requests/s"
        );
        await using ScenarioCluster cluster = await ScenarioCluster.StartAsync(
            SiloProgram.Find(settings.Silo),
            world,
            settings.Port,
            cancellationToken
        );
        List<ScenarioHalf> halves = [];
        foreach (string mode in new[] { "off", "act" })
        {
            WriteProgress(settings, $"agent {(mode == "off" ? "off" : "on")}, {seconds} s");
            halves.Add(await RunAsync(cluster, world, workload, mode, cancellationToken));
        }

        if (settings.Plot is { } plot)
        {
            await File.WriteAllTextAsync(plot, Plot(halves, scenario.Title), cancellationToken);
        }
        if (settings.Json)
        {
            await output.WriteLineAsync(
                JsonSerializer.Serialize(
                    new
                    {
                        scenario = file.Scenario,
                        seconds,
                        requests = workload.Arrivals.Length,
                        off = Json(halves[0]),
                        on = Json(halves[1]),
                    },
                    Indented
                )
            );
        }
        else
        {
            Show(halves, settings);
        }
        return 0;
    }

    /// <summary>The scenario's world, slowed down until this machine can carry its requests.</summary>
    private static WorldSpec World(ScenarioFile file, Scenario scenario)
    {
        WorldSpec natural = new(
            ClusterShape.Nodes(file.Shape, file.Nodes, scenario.Models),
            scenario.Models,
            new LinearLaw()
        );
        double slower = Math.Max(
            1,
            scenario.Generate(natural, ProbeSeconds, file.Load, 1).Arrivals.Length
                / ProbeSeconds
                / file.RequestsPerSecond
        );
        WorldModel[] models =
        [
            .. scenario.Models.Select(model =>
                model with
                {
                    Cost = model.Cost.Times(slower),
                    SloSeconds = model.SloSeconds * slower,
                }
            ),
        ];
        return natural with { Models = models };
    }

    private async Task<ScenarioHalf> RunAsync(
        ScenarioCluster cluster,
        WorldSpec world,
        Workload workload,
        string mode,
        CancellationToken cancellationToken
    )
    {
        IEnumerable<Task<ServerConnection>> opening = cluster.Urls.Select(url =>
            ServerConnection.OpenAsync(new ServerSettings { Url = url }, key: "", cancellationToken)
        );
        ServerConnection[] servers = await Task.WhenAll(opening);
        try
        {
            await AgentCalls.SetModeAsync(servers[0], mode, cancellationToken);
            await Task.Delay(Settle, time, cancellationToken);
            (Arrival Arrival, double Seconds, InferenceError Error)[][] results = await Task.WhenAll(
                world.Models.Select(
                    async (model, i) =>
                    {
                        ServerConnection server = servers[i % servers.Length];
                        ModelMetadata metadata = await server.Inference.GetModelMetadataAsync(
                            model.Name,
                            "",
                            cancellationToken
                        );
                        Workload own = new(
                            [.. workload.Arrivals.Where(arrival => arrival.Model == i)],
                            workload.Seconds
                        );
                        (double Seconds, InferenceError Error)[] answers = await new AlignTraffic(
                            server,
                            metadata,
                            TimeSpan.FromSeconds(model.SloSeconds),
                            time
                        ).RunAsync(own, cancellationToken);
                        return own
                            .Arrivals.Zip(answers, (arrival, answer) => (arrival, answer.Seconds, answer.Error))
                            .ToArray();
                    }
                )
            );
            using JsonDocument agent = await AgentCalls.StateAsync(servers[0], "?limit=20", cancellationToken);
            string[] decisions =
            [
                .. agent
                    .RootElement.GetProperty("decisions")
                    .EnumerateArray()
                    .Where(decision =>
                        decision.GetProperty("outcome").GetString() is "applied" or "confirmed" or "rolled_back"
                    )
                    .Select(decision =>
                        $"{decision.GetProperty("outcome").GetString()!.Replace('_', ' ')}: "
                        + $"{decision.GetProperty("summary").GetString()}"
                    ),
            ];
            return ScenarioHalf.From(mode, world, results.SelectMany(each => each), workload.Seconds, decisions);
        }
        finally
        {
            foreach (ServerConnection server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    private void Show(List<ScenarioHalf> halves, Settings settings)
    {
        Table table = new Table().AddColumns(
            "agent",
            "in time",
            "in the second half",
            "refused or late",
            "p50 ms",
            "p99 ms"
        );
        foreach (ScenarioHalf half in halves)
        {
            table.AddRow(
                half.Mode == "off" ? "off" : "on",
                Percent(half.Attainment),
                Percent(half.Later),
                (half.Requests - half.InTime).ToString(CultureInfo.InvariantCulture),
                half.P50Ms.ToString("F1", CultureInfo.InvariantCulture),
                half.P99Ms.ToString("F1", CultureInfo.InvariantCulture)
            );
        }
        console.Write(table);
        foreach (string decision in halves[1].Decisions)
        {
            console.WriteLine(decision);
        }
        if (settings.Plot is { } plot)
        {
            console.WriteLine($"plotted in {plot}");
        }
    }

    private static object Json(ScenarioHalf half) =>
        new
        {
            attainment = half.Attainment,
            second_half = half.Later,
            requests = half.Requests,
            in_time = half.InTime,
            p50_ms = half.P50Ms,
            p99_ms = half.P99Ms,
            decisions = half.Decisions,
        };

    private static string Plot(List<ScenarioHalf> halves, string title)
    {
        PlotModel plot = new() { Title = title, Background = OxyColors.White };
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "second" });
        plot.Axes.Add(
            new LinearAxis
            {
                Position = AxisPosition.Left,
                Title = "in time, %",
                Minimum = 0,
                Maximum = 101,
            }
        );
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.BottomRight });
        foreach (ScenarioHalf half in halves)
        {
            LineSeries line = new()
            {
                Title = half.Mode == "off" ? "agent off" : "agent on",
                Color = half.Mode == "off" ? OxyColors.Gray : OxyColors.SeaGreen,
            };
            for (int second = 0; second < half.BySecond.Length; second++)
            {
                if (half.BySecond[second].Requests > 0)
                {
                    line.Points.Add(
                        new DataPoint(second, 100.0 * half.BySecond[second].InTime / half.BySecond[second].Requests)
                    );
                }
            }
            plot.Series.Add(line);
        }

        return new SvgExporter { Width = 900, Height = 400 }.ExportToString(plot);
    }

    private static string Percent(double share) => share.ToString("P1", CultureInfo.InvariantCulture);

    private void WriteProgress(Settings settings, string line)
    {
        if (!settings.Json)
        {
            console.WriteLine(line);
        }
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : CommandSettings
    {
        [CommandArgument(0, "<NAME>")]
        [Description("cloud, bigdata, trading, social, ads, or a file")]
        public string Name { get; init; } = "";

        [CommandOption("--seconds <S>")]
        [Description("Seconds of each half; the scenario's own where absent")]
        public int? Seconds { get; init; }

        [CommandOption("--seed <N>")]
        [Description("Seed of the requests")]
        [DefaultValue(1L)]
        public long Seed { get; init; } = 1;

        [CommandOption("--port <PORT>")]
        [Description("The first silo's HTTP port; 303 more are used")]
        [DefaultValue(38080)]
        public int Port { get; init; } = 38080;

        [CommandOption("--silo <PATH>")]
        [Description(
            "OrleansInference.Silo.dll or its executable; by default the one beside this program, or "
                + "in the source checkout"
        )]
        public string? Silo { get; init; }

        [CommandOption("--plot <FILE.svg>")]
        [Description("Plot the share in time by second")]
        public string? Plot { get; init; }

        [CommandOption("--json")]
        [Description("Print one JSON value and nothing else")]
        public bool Json { get; init; }

        /// <inheritdoc />
        public override ValidationResult Validate() =>
            Seconds is < 5 or > 3600 ? ValidationResult.Error($"--seconds is {Seconds}; 5 to 3600 is allowed")
            : Port is < 1024 or > 65_000 ? ValidationResult.Error($"--port is {Port}; 1024 to 65000 is allowed")
            : ValidationResult.Success();
    }
}
