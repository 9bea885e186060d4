using System.Globalization;
using OrleansInference.Load.Arguments;

namespace OrleansInference.Load.Compare;

/// <summary>The command lines of the two sides.</summary>
internal static class ServerCommands
{
    private const string DefaultBaseline =
        "bench/AspNetBaseline/bin/Release/net10.0/OrleansInference.AspNetBaseline.dll";
    private const string DefaultSilo = "dotnet Silo/bin/Release/net10.0/OrleansInference.Silo.dll";

    public static ServerProcess StartBaseline(
        ArgumentSet arguments,
        string name,
        IEnumerable<ComparedModel> models,
        IInferProtocol protocol,
        params string[] more
    )
    {
        var program = arguments.Text("baseline", DefaultBaseline);
        if (!File.Exists(program))
        {
            throw new InvalidOperationException(
                $"Not found: {program}. Build it: dotnet build -c Release bench/AspNetBaseline"
            );
        }
        var ports = FreePorts.Take(2);
        string[] command =
        [
            "dotnet",
            program,
            "--urls",
            $"http://127.0.0.1:{ports[0]}",
            .. protocol is GrpcProtocol ? new[] { "--grpc-urls", $"http://127.0.0.1:{ports[1]}" } : [],
            .. models.SelectMany(Model),
            .. more,
        ];
        return new ServerProcess(name, command, ports[0], Target(protocol, ports));
    }

    public static ServerProcess StartOurs(
        ArgumentSet arguments,
        string repository,
        IEnumerable<ComparedModel> models,
        IInferProtocol protocol
    )
    {
        var silo = arguments.Text("silo", DefaultSilo);
        if (silo == "baseline")
        {
            return StartBaseline(arguments, "baseline, second copy", models, protocol);
        }
        var words = Words(silo);
        if (Program(words) is { } program && !File.Exists(program))
        {
            throw new InvalidOperationException($"Not found: {program}. Build it: dotnet build -c Release Silo");
        }
        var ports = FreePorts.Take(4);
        string[] options = ["--http-port", "--grpc-port", "--silo-port", "--gateway-port"];
        string[] command =
        [
            .. words,
            "--models",
            repository,
            .. options
                .Zip(ports)
                .SelectMany(pair => new[] { pair.First, pair.Second.ToString(CultureInfo.InvariantCulture) }),
        ];
        return new ServerProcess("OrleansInference", command, ports[0], Target(protocol, ports));
    }

    /// <summary>The folder of the silo's program, whose checkout is what is measured; null where none is named.</summary>
    public static string? SiloFolder(ArgumentSet arguments) =>
        Program(Words(arguments.Text("silo", DefaultSilo))) is { } program
            ? Path.GetDirectoryName(Path.GetFullPath(program))
            : null;

    /// <summary>Both sides' first port is for HTTP, the second for gRPC.</summary>
    private static int Target(IInferProtocol protocol, int[] ports) => protocol is GrpcProtocol ? ports[1] : ports[0];

    private static string[] Words(string command) => command.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string? Program(string[] words) =>
        Array.Find(words, word => word.EndsWith(".dll", StringComparison.Ordinal));

    private static string[] Model(ComparedModel model) =>
        ["--model", $"{model.Name}={Path.GetFullPath(model.File.Path)}"];
}
