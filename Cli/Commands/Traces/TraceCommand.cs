using System.ComponentModel;
using System.Globalization;
using OrleansInference.Simulation.Recorded;
using OrleansInference.Simulation.Workloads;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Traces;

/// <summary>
/// <c>oinf trace</c>: makes a trace for <c>oinf simulate</c> from the recordings of silos or from another trace, and
/// transforms it.
/// </summary>
internal sealed class TraceCommand(IAnsiConsole console) : AsyncCommand<TraceCommand.Settings>
{
    /// <inheritdoc />
    public override async Task<int> ExecuteAsync(
        CommandContext context,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        (Workload workload, string[] models) = await ReadAsync(settings.Source, cancellationToken);
        int before = workload.Arrivals.Length;
        if (settings.Warp > 0)
        {
            workload = TraceAugmentation.Warp(workload, settings.Warp, settings.Period);
        }
        if (settings.Thin < 1)
        {
            workload = TraceAugmentation.Thin(workload, settings.Thin, settings.Seed);
        }
        if (settings.Superpose is { } other)
        {
            workload = TraceAugmentation.Superpose(
                workload,
                Map(await ReadAsync(other, cancellationToken), ref models)
            );
        }
        if (settings.Bursts > 0)
        {
            workload = TraceAugmentation.Burst(
                workload,
                settings.BurstFactor,
                settings.Bursts,
                settings.BurstSeconds,
                settings.Seed
            );
        }
        await using (StreamWriter writer = new(settings.Out))
        {
            TraceReader.Write(writer, workload, models);
        }
        console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{settings.Out}: {workload.Arrivals.Length} requests ({before} were read) of "
                    + $"{models.Length} models in {workload.Seconds:F1} s"
            )
        );
        return 0;
    }

    private static async Task<(Workload Workload, string[] Models)> ReadAsync(
        string source,
        CancellationToken cancellationToken
    )
    {
        if (File.Exists(source) && !source.EndsWith(".parquet", StringComparison.Ordinal))
        {
            return ReadCsv(source);
        }
        try
        {
            return await RecordedCluster.ReadRequestsAsync(source, cancellationToken);
        }
        catch (TraceFormatException exception)
        {
            throw new CliException(exception.Message, CliException.Usage);
        }
    }

    private static (Workload, string[]) ReadCsv(string file)
    {
        try
        {
            string[] lines = File.ReadAllLines(file);
            string[] header = lines[0].Split(',');
            int column = Array.IndexOf(header, "model");
            string[] models =
                column < 0
                    ? ["model"]
                    :
                    [
                        .. lines
                            .Skip(1)
                            .Where(line => line.Length > 0)
                            .Select(line => line.Split(',')[column])
                            .Distinct()
                            .Order(StringComparer.Ordinal),
                    ];
            Workload all = TraceReader.Read(file, models, 1e6);
            return (all with { Seconds = (all.Arrivals[^1].At / (double)TimeSpan.TicksPerSecond) + 0.001 }, models);
        }
        catch (Exception exception) when (exception is TraceFormatException or IndexOutOfRangeException)
        {
            throw new CliException($"'{file}' is no trace: {exception.Message}", CliException.Usage);
        }
    }

    /// <summary>Renumbers the other trace's requests by a common list of models.</summary>
    private static Workload Map((Workload Workload, string[] Models) other, ref string[] models)
    {
        string[] all = [.. models, .. other.Models.Except(models)];
        models = all;
        return other.Workload with
        {
            Arrivals =
            [
                .. other.Workload.Arrivals.Select(arrival =>
                    arrival with
                    {
                        Model = Array.IndexOf(all, other.Models[arrival.Model]),
                    }
                ),
            ],
        };
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : CommandSettings
    {
        [CommandArgument(0, "<SOURCE>")]
        [Description("A folder of recorded requests (Recording:Folder), or a trace")]
        public string Source { get; init; } = "";

        [CommandOption("-o|--out <FILE.csv>")]
        [Description("Where the trace is written")]
        [DefaultValue("trace.csv")]
        public string Out { get; init; } = "trace.csv";

        [CommandOption("--warp <A>")]
        [Description("Time runs 2^A times as fast and as slow in turn")]
        public double Warp { get; init; }

        [CommandOption("--period <S>")]
        [Description("Seconds of such a turn")]
        [DefaultValue(60.0)]
        public double Period { get; init; } = 60;

        [CommandOption("--thin <SHARE>")]
        [Description("Keep each request with this probability")]
        [DefaultValue(1.0)]
        public double Thin { get; init; } = 1;

        [CommandOption("--superpose <SOURCE>")]
        [Description("Another trace at the same time")]
        public string? Superpose { get; init; }

        [CommandOption("--bursts <N>")]
        [Description("Put bursts into it")]
        public int Bursts { get; init; }

        [CommandOption("--burst-factor <F>")]
        [Description("Times as many requests in a burst")]
        [DefaultValue(3.0)]
        public double BurstFactor { get; init; } = 3;

        [CommandOption("--burst-seconds <S>")]
        [Description("Seconds of a burst")]
        [DefaultValue(5.0)]
        public double BurstSeconds { get; init; } = 5;

        [CommandOption("--seed <N>")]
        [Description("Seed of which requests go and where bursts come")]
        [DefaultValue(1L)]
        public long Seed { get; init; } = 1;

        /// <inheritdoc />
        public override ValidationResult Validate() =>
            !(Warp >= 0) ? ValidationResult.Error($"--warp is {Warp}; a number from 0 on is allowed")
            : !(Period > 0) ? ValidationResult.Error($"--period is {Period}; a number above 0 is allowed")
            : !(Thin is >= 0 and <= 1) ? ValidationResult.Error($"--thin is {Thin}; 0 to 1 is allowed")
            : Bursts < 0 ? ValidationResult.Error($"--bursts is {Bursts}; a number from 0 on is allowed")
            : !(BurstFactor >= 1)
                ? ValidationResult.Error($"--burst-factor is {BurstFactor}; a number from 1 on is allowed")
            : !(BurstSeconds > 0)
                ? ValidationResult.Error($"--burst-seconds is {BurstSeconds}; a number above 0 is allowed")
            : ValidationResult.Success();
    }
}
