using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansInference.Load.Arguments;
using OrleansInference.Load.Compare;

namespace OrleansInference.Load.Cluster;

/// <summary>
/// Throughput by the number of nodes, on emulated devices that leave the processor to the server: the cost of the
/// cluster itself.
/// </summary>
internal static class ScaleCommand
{
    private const int InFlightPerNode = 4;

    public static readonly string[] Options = ["silo", "nodes", "ms", "seconds"];

    public static async Task<int> RunAsync(ArgumentSet arguments, CancellationToken cancellation)
    {
        var counts = arguments
            .Text("nodes", "1,2,4,8")
            .Split(',')
            .Select(text =>
                int.TryParse(text, out var count) && count > 0
                    ? count
                    : throw new UsageException("Option --nodes expects numbers with commas between them, as 1,2,4,8.")
            )
            .ToArray();
        var milliseconds = arguments.Number("ms", 20, 0.1);
        var seconds = arguments.Number("seconds", 10, 1);
        Console.WriteLine($"{Machine.Describe()}; commit {Machine.Commit()}");
        Console.WriteLine(
            $"emulated devices, {milliseconds} ms a request, {InFlightPerNode} requests in flight a "
                + $"node through one SDK client, {seconds:F0} s"
        );
        double? single = null;
        foreach (var count in counts)
        {
            using var folder = ClusterFolder.Emulated(milliseconds);
            using var silos = await ClusterSilos.StartAsync(
                arguments.Text("silo", "dotnet Silo/bin/Release/net10.0/OrleansInference.Silo.dll"),
                count,
                folder,
                cancellation
            );
            var (requests, failed, cpu, own) = await RunAsync(silos, count, seconds, cancellation);
            var perNode = requests / seconds / count;
            single ??= perNode;
            Console.WriteLine(
                $"{count} nodes: {requests / seconds:F1}/s, {perNode:F2}/s a node, ratio "
                    + $"{perNode / single:F3}, failed {failed}; CPU of {Environment.ProcessorCount} cores: "
                    + $"silos {cpu / seconds:F2}, client {own / seconds:F2}, together "
                    + $"{(cpu + own) / seconds / Environment.ProcessorCount:P0}; alive "
                    + $"{await silos.NodesAsync(cancellation)}"
            );
        }

        return 0;
    }

    private static async Task<(long Requests, long Failed, double Cpu, double Own)> RunAsync(
        ClusterSilos silos,
        int count,
        double seconds,
        CancellationToken cancellation
    )
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder
            .Services.AddInferenceClient()
            .UseOrleans([.. silos.GatewayPorts.Select(port => new IPEndPoint(IPAddress.Loopback, port))]);
        using var host = builder.Build();
        await host.StartAsync(cancellation);
        var client = host.Services.GetRequiredService<IInferenceClient>();
        long requests = 0;
        long failed = 0;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var measuring = false;
        var callers = Enumerable
            .Range(0, count * InFlightPerNode)
            .Select(_ =>
                Task.Run(
                    async () =>
                    {
                        var request = new InferenceRequest
                        {
                            ModelName = ClusterFolder.Model,
                            Inputs = [new Tensor("x", TensorDatatype.Fp32, [1, 4], new byte[16])],
                        };
                        while (!stop.IsCancellationRequested)
                        {
                            try
                            {
                                using var response = await client.InferAsync(request, CancellationToken.None);
                                if (Volatile.Read(ref measuring))
                                {
                                    Interlocked.Increment(ref requests);
                                }
                            }
                            catch (InferenceException)
                            {
                                Interlocked.Increment(ref failed);
                            }
                        }
                    },
                    CancellationToken.None
                )
            )
            .ToArray();
        await Task.Delay(TimeSpan.FromSeconds(5), cancellation);
        var cpu = silos.CpuSeconds();
        var own = Environment.CpuUsage.TotalTime.TotalSeconds;
        Volatile.Write(ref measuring, true);
        await Task.Delay(TimeSpan.FromSeconds(seconds), cancellation);
        Volatile.Write(ref measuring, false);
        cpu = silos.CpuSeconds() - cpu;
        own = Environment.CpuUsage.TotalTime.TotalSeconds - own;
        await stop.CancelAsync();
        await Task.WhenAll(callers);
        await host.StopAsync(cancellation);
        return (requests, failed, cpu, own);
    }
}
