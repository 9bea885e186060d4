using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Load;
using OrleansInference.Load.Arguments;
using OrleansInference.Load.Cluster;
using OrleansInference.Load.Compare;
using OrleansInference.Load.Grpc;
using OrleansInference.Load.Http;
using OrleansInference.Load.Limit;
using OrleansInference.Load.Orleans;
using OrleansInference.Load.Outside;
using OrleansInference.Load.Raw;
using OrleansInference.Load.Search;

NativeEnvironment.Set("ORT_DISABLE_TELEMETRY", "1");

// Children must be gone before this process is: signals cancel, and the commands unwind.
using var cancellation = new CancellationTokenSource();
void Cancel(PosixSignalContext signal)
{
    signal.Cancel = true;
    cancellation.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Cancel);

try
{
    var rest = args.Skip(1).ToArray();
    switch (args.FirstOrDefault())
    {
        case "http":
            return HttpCommand.Run(new ArgumentSet(rest, HttpCommand.Options), cancellation.Token);
        case "grpc":
            return await GrpcCommand.RunAsync(new ArgumentSet(rest, GrpcCommand.Options), cancellation.Token);
        case "raw":
            return RawCommand.Run(new ArgumentSet(rest, RawCommand.Options), cancellation.Token);
        case "orleans":
            return await OrleansCommand.RunAsync(new ArgumentSet(rest, OrleansCommand.Options), cancellation.Token);
        case "probe-models":
            return ProbeModelsCommand.Run(new ArgumentSet(rest, ProbeModelsCommand.Options));
        case "conformance-models":
            return ConformanceModelsCommand.Run(new ArgumentSet(rest, ConformanceModelsCommand.Options));
        case "compare":
            return await CompareCommand.RunAsync(new ArgumentSet(rest, CompareCommand.Options), cancellation.Token);
        case "compare-models":
            return CompareModelsCommand.Run(new ArgumentSet(rest, CompareModelsCommand.Options));
        case "limit":
            return await LimitCommand.RunAsync(new ArgumentSet(rest, LimitCommand.Options), cancellation.Token);
        case "overload":
            return await OverloadCommand.RunAsync(new ArgumentSet(rest, OverloadCommand.Options), cancellation.Token);
        case "scale":
            return await ScaleCommand.RunAsync(new ArgumentSet(rest, ScaleCommand.Options), cancellation.Token);
        case "plan":
            return PlanCommand.Run(new ArgumentSet(rest, PlanCommand.Options));
        case "search":
            return await SearchCommand.RunAsync(new ArgumentSet(rest, SearchCommand.Options), cancellation.Token);
        case null or "--help" or "-h" or "help":
            throw new HelpRequestedException();
        default:
            throw new UsageException(
                $"Unknown command '{args[0]}'; the commands are http, grpc, orleans, probe-models, "
                    + "conformance-models, raw, compare, compare-models, limit, overload, scale, plan and search."
            );
    }
}
catch (HelpRequestedException)
{
    Console.Out.Write(HelpText.All);
    return 0;
}
catch (UsageException problem)
{
    await Console.Error.WriteLineAsync(problem.Message);
    return 2;
}
catch (DataMissingException problem)
{
    await Console.Error.WriteLineAsync(problem.Message);
    return 3;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("Cancelled.");
    return 130;
}
// The boundary of the process: whoever measures wants the reason, not a stack trace.
catch (Exception failure)
    when (failure is IOException or SocketException or InvalidOperationException or OnnxRuntimeException)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}
