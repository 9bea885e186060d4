using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansInference.Cli.Commands.Up;

/// <summary><c>oinf up</c>: a cluster on this machine, one process a silo, supervised until Ctrl+C.</summary>
internal sealed class UpCommand(IAnsiConsole console, TimeProvider time) : AsyncCommand<UpCommand.Settings>
{
    /// <inheritdoc />
    public override async Task<int> ExecuteAsync(
        CommandContext context,
        Settings settings,
        CancellationToken cancellationToken
    )
    {
        string[] silo = SiloProgram.Find(settings.Silo);
        CoreSet[] cores = CoreSet.Divide(Environment.ProcessorCount, settings.Silos);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // SIGTERM ends the silos as Ctrl+C does.
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM,
            signal =>
            {
                signal.Cancel = true;
                stop.Cancel();
            }
        );
        SupervisedSilo[] silos =
        [
            .. Enumerable
                .Range(0, settings.Silos)
                .Select(i => new SupervisedSilo(
                    Settings.Describe(i),
                    silo,
                    settings.Arguments(i, context.Remaining.Raw),
                    cores[i],
                    WriteLine,
                    time
                )),
        ];
        Task[] running = new Task[silos.Length];
        for (int i = 0; i < silos.Length; i++)
        {
            running[i] = silos[i].RunAsync(stop.Token);
            // The first is there before others join it.
            if (i == 0)
            {
                await Task.WhenAny(silos[0].Ready, running[0]);
            }
        }

        await Task.WhenAll(running);
        return 0;
    }

    private void WriteLine(string line)
    {
        lock (console)
        {
            console.Profile.Out.Writer.WriteLine(line);
        }
    }

    /// <summary>Its arguments.</summary>
    internal sealed class Settings : CommandSettings
    {
        [CommandOption("--silos <N>")]
        [Description("How many; each has the ports of the one before plus 1, but HTTP and gRPC, plus 2")]
        [DefaultValue(2)]
        public int Silos { get; init; } = 2;

        [CommandOption("--models <DIR>")]
        [Description("Their model repository")]
        public string? Models { get; init; }

        [CommandOption("--redis <HOST:PORT>")]
        [Description(
            "Members and state in Redis; without it, in the memory of the first silo, whose end is the cluster's"
        )]
        public string? Redis { get; init; }

        [CommandOption("--http-port <PORT>")]
        [Description("The first silo's HTTP port; gRPC is the next one")]
        [DefaultValue(8080)]
        public int HttpPort { get; init; } = 8080;

        [CommandOption("--silo-port <PORT>")]
        [Description("The first silo's port for other silos")]
        [DefaultValue(11111)]
        public int SiloPort { get; init; } = 11111;

        [CommandOption("--gateway-port <PORT>")]
        [Description("The first silo's port for Orleans clients")]
        [DefaultValue(30000)]
        public int GatewayPort { get; init; } = 30000;

        [CommandOption("--silo <PATH>")]
        [Description(
            "OrleansInference.Silo.dll or its executable; by default the one beside this program, or "
                + "in the source checkout"
        )]
        public string? Silo { get; init; }

        /// <inheritdoc />
        public override ValidationResult Validate() =>
            Silos is < 1 or > 64 ? ValidationResult.Error($"--silos is {Silos}; a number from 1 to 64 is allowed")
            : new[] { HttpPort + (2 * Silos), SiloPort + Silos, GatewayPort + Silos }.Max() > 65_535
            || Math.Min(HttpPort, Math.Min(SiloPort, GatewayPort)) < 1
                ? ValidationResult.Error("the ports of all silos must be from 1 to 65535")
            : ValidationResult.Success();

        /// <summary>The name of a silo.</summary>
        public static string Describe(int silo) => string.Create(CultureInfo.InvariantCulture, $"silo-{silo}");

        /// <summary>The command line of a silo; what stands behind <c>--</c> goes to all.</summary>
        public string[] Arguments(int silo, IReadOnlyList<string> others) =>
            [
                "--name",
                Describe(silo),
                "--http-port",
                Port(HttpPort + (2 * silo)),
                "--grpc-port",
                Port(HttpPort + (2 * silo) + 1),
                "--silo-port",
                Port(SiloPort + silo),
                "--gateway-port",
                Port(GatewayPort + silo),
                .. Models is null ? Array.Empty<string>() : ["--models", Models],
                .. Redis is not null ? ["--redis", Redis]
                : silo > 0 ? ["--join", $"127.0.0.1:{Port(SiloPort)}"]
                : Array.Empty<string>(),
                .. others,
            ];

        private static string Port(int port) => port.ToString(CultureInfo.InvariantCulture);
    }
}
