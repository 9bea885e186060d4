using System.Globalization;
using OrleansInference.Load.Arguments;

namespace OrleansInference.Load.Compare;

/// <summary>The command lines of the two sides.</summary>
internal static class ServerCommands
{
    private const string DefaultBaseline =
        "bench/AspNetBaseline/bin/Release/net10.0/OrleansInference.AspNetBaseline.dll";
    private const string DefaultSilo = "dotnet Silo/bin/Release/net10.0/OrleansInference.Silo.dll";

    public static ServerProcess StartBaseline(ArgumentSet arguments, string name, IEnumerable<ComparedModel> models)
    {
        var program = arguments.Text("baseline", DefaultBaseline);
        if (!File.Exists(program))
        {
            throw new InvalidOperationException(
                $"Not found: {program}. Build it: dotnet build -c Release bench/AspNetBaseline"
            );
        }
        var port = FreePorts.Take(1)[0];
        string[] command = ["dotnet", program, "--urls", $"http://127.0.0.1:{port}", .. models.SelectMany(Model)];
        return new ServerProcess(name, command, port);
    }

    public static ServerProcess StartOurs(ArgumentSet arguments, string repository, IEnumerable<ComparedModel> models)
    {
        var silo = arguments.Text("silo", DefaultSilo);
        if (silo == "baseline")
        {
            return StartBaseline(arguments, "baseline, second copy", models);
        }
        var words = silo.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (
            Array.Find(words, word => word.EndsWith(".dll", StringComparison.Ordinal)) is { } program
            && !File.Exists(program)
        )
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
        return new ServerProcess("OrleansInference", command, ports[0]);
    }

    private static string[] Model(ComparedModel model) =>
        ["--model", $"{model.Name}={Path.GetFullPath(model.File.Path)}"];
}
