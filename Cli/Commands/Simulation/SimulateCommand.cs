using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Trials;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Simulation;

/// <summary><c>oinf simulate</c>: runs a scenario or a recorded trace on a simulated cluster.</summary>
internal sealed class SimulateCommand(IAnsiConsole console, TextWriter output) : Command<SimulateCommand.Settings>
{
    private const double TimedCpuSeconds = 2;
    private const double WarmupCpuSeconds = 1.5;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <inheritdoc />
    public override int Execute(CommandContext context, Settings settings, CancellationToken cancellationToken)
    {
        Scenario scenario = Validated(() => OrleansInference.Simulation.Workloads.Scenarios.Find(settings.Scenario));
        WorldSpec world = new(
            Validated(() => ClusterShape.Nodes(settings.Shape, settings.Nodes, scenario.Models)),
            scenario.Models,
            settings.Hidden ? new HiddenLaw() : new LinearLaw(0.5, 0.1)
        );
        Workload workload = settings.Trace is { } trace
            ? Validated(() =>
                TraceReader.Read(
                    trace,
                    [.. scenario.Models.Select(model => model.Name)],
                    settings.Seconds,
                    settings.Speedup,
                    settings.Seed
                )
            )
            : scenario.Generate(world, settings.Seconds, settings.Load, settings.Seed);
        SimulationResult result = settings.Json
            ? Run(world, workload, settings, null)
            : WithProgress(world, workload, settings);
        if (settings.Plot is { } plot)
        {
            File.WriteAllText(
                plot,
                SimulationPlot.Svg(result, $"{scenario.Name} on {settings.Nodes} {settings.Shape} nodes")
            );
        }
        if (settings.Json)
        {
            output.WriteLine(
                JsonSerializer.Serialize(
                    Json(result, settings, Time(world, workload, settings, cancellationToken)),
                    Indented
                )
            );
        }
        else
        {
            Show(result, world, settings);
        }
        return 0;
    }

    private static T Validated<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception exception) when (exception is ArgumentException or TraceFormatException)
        {
            throw new CliException(exception.Message.Split(" (Parameter")[0], CliException.Usage);
        }
    }

    private static SimulationResult Run(
        WorldSpec world,
        Workload workload,
        Settings settings,
        Action<double>? progress
    ) => Run(world, workload, settings, progress, new TwinTrial());

    private static SimulationResult Run(
        WorldSpec world,
        Workload workload,
        Settings settings,
        Action<double>? progress,
        TwinTrial trial
    )
    {
        AgentMode mode = settings.Agent == "off" ? AgentMode.Off : AgentMode.Act;
        SimulatedPolicy policy = new()
        {
            Planner = new AgentPlanner(
                new AgentOptions
                {
                    Mode = mode,
                    PeriodSeconds = settings.Period,
                    TrialEvents = 60_000,
                    Guardrails = new() { WatchSeconds = settings.Period },
                },
                trial
            ),
            Tuner = mode == AgentMode.Off ? null : () => new RunLengthTuner(),
        };
        SimulationOptions options = new()
        {
            Seed = settings.Seed,
            Incidents = settings.LoseAt is { } at ? [new Incident(at, settings.Nodes - 1, 0)] : [],
        };
        return SimulatedCluster.Run(world, workload, policy, options, progress);
    }

    private SimulationResult WithProgress(WorldSpec world, Workload workload, Settings settings) =>
        console
            .Progress()
            .Start(progress =>
            {
                ProgressTask task = progress.AddTask(
                    $"{workload.Arrivals.Length} requests",
                    maxValue: settings.Seconds
                );
                SimulationResult result = Run(world, workload, settings, seconds => task.Value = seconds);
                task.Value = task.MaxValue;
                return result;
            });

    /// <summary>
    /// Measures the speed of the simulation, trials of the agent's decisions included. It repeats the same simulation
    /// for at least two seconds of CPU time, after a warm-up.
    /// </summary>
    private static object Time(
        WorldSpec world,
        Workload workload,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        // What is compiled at its first use is no part of what is timed.
        Repeat(world, workload, settings, WarmupCpuSeconds, cancellationToken);
        Stopwatch wall = Stopwatch.StartNew();
        (long events, double cpu) = Repeat(world, workload, settings, TimedCpuSeconds, cancellationToken);
        return new
        {
            events,
            cpu_seconds = Math.Round(cpu, 3),
            wall_seconds = Math.Round(wall.Elapsed.TotalSeconds, 3),
            events_per_cpu_second = Math.Round(events / Math.Max(1e-9, cpu)),
        };
    }

    private static (long Events, double CpuSeconds) Repeat(
        WorldSpec world,
        Workload workload,
        Settings settings,
        double least,
        CancellationToken cancellationToken
    )
    {
        TimeSpan begin = Environment.CpuUsage.TotalTime;
        TwinTrial trial = new();
        long events = 0;
        double cpu = 0;
        while (cpu < least && !cancellationToken.IsCancellationRequested)
        {
            events += Run(world, workload, settings, null, trial).Events;
            cpu = (Environment.CpuUsage.TotalTime - begin).TotalSeconds;
        }

        return (events + trial.Events, cpu);
    }

    private static object Json(SimulationResult result, Settings settings, object timing) =>
        new
        {
            scenario = settings.Scenario,
            shape = settings.Shape,
            nodes = settings.Nodes,
            seconds = settings.Seconds,
            seed = settings.Seed,
            agent = settings.Agent,
            requests = result.Requests,
            completed = result.Completed,
            rejected = result.Rejected,
            slo_attainment = result.SloAttainment,
            p50_ms = result.P50Ms,
            p99_ms = result.P99Ms,
            C = result.Score.C,
            D = result.Score.D,
            N = result.Score.N,
            loads = result.Loads,
            models = result.Models.Select(model => new
            {
                name = model.Model,
                requests = model.Requests,
                in_time = model.InTime,
            }),
            plan = result.Plan.Models.Select(model => new
            {
                model = model.Name,
                replicas = model.Replicas.Select(replica => new
                {
                    node = replica.Node.Endpoint.Port - 20_000,
                    max_rows = replica.Knobs.MaxRows,
                    instances = replica.Knobs.Instances,
                    threads = replica.Knobs.Threads,
                }),
            }),
            events = result.Events,
            timing,
        };

    private void Show(SimulationResult result, WorldSpec world, Settings settings)
    {
        console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Requests} requests, {result.SloAttainment:P1} in time, {result.Rejected} "
                    + $"refused; p50 {result.P50Ms:F1} ms, p99 {result.P99Ms:F1} ms; C {result.Score.C:F3}, D "
                    + $"{result.Score.D:F3}, N {result.Score.N:F3}; {result.Loads} replicas loaded"
            )
        );
        Table table = new Table().AddColumns("model", "requests", "in time", "replicas", "batch, instances, threads");
        foreach ((string model, long requests, long inTime) in result.Models)
        {
            ReplicaPlan[] replicas = result.Plan.Find(model)?.Replicas ?? [];
            table.AddRow(
                Markup.Escape(model),
                requests.ToString(CultureInfo.InvariantCulture),
                requests == 0 ? "–" : ((double)inTime / requests).ToString("P1", CultureInfo.InvariantCulture),
                Markup.Escape(
                    string.Join(", ", replicas.Select(replica => world.Nodes[replica.Node.Endpoint.Port - 20_000].Name))
                ),
                Markup.Escape(
                    string.Join(
                        "; ",
                        replicas
                            .Select(replica => replica.Knobs)
                            .Distinct()
                            .Select(knobs => $"{Set(knobs.MaxRows)}, {Set(knobs.Instances)}, {Set(knobs.Threads)}")
                    )
                )
            );
        }

        console.Write(table);
        if (settings.Plot is { } plot)
        {
            console.WriteLine($"plotted in {plot}");
        }
    }

    private static string Set(int knob) => knob == 0 ? "auto" : knob.ToString(CultureInfo.InvariantCulture);

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : CommandSettings
    {
        [CommandOption("--scenario <NAME>")]
        [Description("cloud, bigdata, trading, social or ads")]
        [DefaultValue("ads")]
        public string Scenario { get; init; } = "ads";

        [CommandOption("--trace <FILE>")]
        [Description("Recorded requests in place of the scenario's: CSV with time,model,rows, or Azure's formats")]
        public string? Trace { get; init; }

        [CommandOption("--speedup <N>")]
        [Description("How many times as fast the trace is replayed")]
        [DefaultValue(1.0)]
        public double Speedup { get; init; } = 1;

        [CommandOption("--nodes <N>")]
        [Description("Nodes")]
        [DefaultValue(4)]
        public int Nodes { get; init; } = 4;

        [CommandOption("--shape <NAME>")]
        [Description("equal, unequal or tight (in memory)")]
        [DefaultValue("equal")]
        public string Shape { get; init; } = "equal";

        [CommandOption("--load <SHARE>")]
        [Description("Mean work as a share of the cluster's capacity")]
        [DefaultValue(0.55)]
        public double Load { get; init; } = 0.55;

        [CommandOption("--seconds <S>")]
        [Description("Simulated seconds")]
        [DefaultValue(60.0)]
        public double Seconds { get; init; } = 60;

        [CommandOption("--seed <N>")]
        [Description("The same seed gives the same result")]
        [DefaultValue(1L)]
        public long Seed { get; init; } = 1;

        [CommandOption("--agent <on|off>")]
        [Description("Whether the agent decides; off replicates where it fits")]
        [DefaultValue("on")]
        public string Agent { get; init; } = "on";

        [CommandOption("--period <S>")]
        [Description("Simulated seconds between two decisions")]
        [DefaultValue(5.0)]
        public double Period { get; init; } = 5;

        [CommandOption("--lose-at <S>")]
        [Description("The last node is lost at this second")]
        public double? LoseAt { get; init; }

        [CommandOption("--hidden")]
        [Description("Run times by a law that the agent does not assume")]
        public bool Hidden { get; init; }

        [CommandOption("--plot <FILE.svg>")]
        [Description("Plot requests and those in time by second")]
        public string? Plot { get; init; }

        [CommandOption("--json")]
        [Description("Print JSON")]
        public bool Json { get; init; }

        /// <inheritdoc />
        public override ValidationResult Validate() =>
            Nodes is < 1 or > 1000 ? ValidationResult.Error($"--nodes is {Nodes}; a number from 1 to 1000 is allowed")
            : !(Seconds > 0 && Seconds <= 86_400)
                ? ValidationResult.Error($"--seconds is {Seconds}; a number above 0, at most 86400, is allowed")
            : !(Load > 0 && Load <= 10)
                ? ValidationResult.Error($"--load is {Load}; a number above 0, at most 10, is allowed")
            : !(Speedup > 0) ? ValidationResult.Error($"--speedup is {Speedup}; a number above 0 is allowed")
            : !(Period > 0) ? ValidationResult.Error($"--period is {Period}; a number above 0 is allowed")
            : Agent is not ("on" or "off") ? ValidationResult.Error($"--agent is '{Agent}'; on or off is allowed")
            : ValidationResult.Success();
    }
}
