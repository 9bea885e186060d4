using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansInference.Load.Compare;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Cluster;

/// <summary>Silo processes of one cluster on this machine; disposing kills them.</summary>
internal sealed class ClusterSilos : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly List<ServerProcess> silos = [];
    private readonly List<int> gateways = [];

    public IReadOnlyList<ServerProcess> All => silos;

    public IReadOnlyList<int> GatewayPorts => gateways;

    /// <summary>Starts them and waits until the director routes to all.</summary>
    public static Task<ClusterSilos> StartAsync(
        string silo,
        int count,
        ClusterFolder folder,
        CancellationToken cancellation
    ) =>
        StartAsync(
            silo,
            count,
            folder.Models,
            cancellation,
            _ =>
                folder.IsEmulated
                    ?
                    [
                        "--Engine:ExecutionProvider:Provider=emulated",
                        $"--Engine:ExecutionProvider:Profile={folder.Profile}",
                        "--Engine:Threads=1",
                    ]
                    : []
        );

    /// <summary>Starts them over a repository and waits until the director routes to all.</summary>
    public static async Task<ClusterSilos> StartAsync(
        string silo,
        int count,
        string models,
        CancellationToken cancellation,
        Func<int, string[]>? options = null
    )
    {
        var cluster = new ClusterSilos();
        try
        {
            var ports = FreePorts.Take(4 * count);
            for (var i = 0; i < count; i++)
            {
                string[] command =
                [
                    .. silo.Split(' '),
                    "--models",
                    models,
                    "--Node:ProfileOnLoad=false",
                    "--name",
                    $"s{i}",
                    "--http-port",
                    $"{ports[4 * i]}",
                    "--grpc-port",
                    $"{ports[(4 * i) + 1]}",
                    "--silo-port",
                    $"{ports[(4 * i) + 2]}",
                    "--gateway-port",
                    $"{ports[(4 * i) + 3]}",
                    .. i == 0 ? [] : new[] { "--join", $"127.0.0.1:{ports[2]}" },
                    .. options?.Invoke(i) ?? [],
                ];
                cluster.silos.Add(new ServerProcess($"s{i}", command, ports[4 * i]));
                cluster.gateways.Add(ports[(4 * i) + 3]);
                await cluster.silos[i].WaitReadyAsync(cancellation);
            }

            await cluster.WaitRoutedAsync(count, cancellation);
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>CPU seconds of all of them so far.</summary>
    public double CpuSeconds() => silos.Sum(silo => ProcessCpu.Seconds(silo.ProcessId) ?? 0);

    /// <summary>Resident MiB of each.</summary>
    public long[] ResidentMiB() => [.. silos.Select(silo => Resident(silo.ProcessId) >> 20)];

    /// <summary>Nodes that membership and the director count.</summary>
    public async Task<int> NodesAsync(CancellationToken cancellation)
    {
        using var http = new HttpClient();
        using var state = JsonDocument.Parse(
            await http.GetStringAsync(new Uri($"http://{silos[0].EndPoint}/v2/cluster"), cancellation)
        );
        return state.RootElement.GetProperty("nodes").GetArrayLength();
    }

    public void Dispose() => silos.ForEach(silo => silo.Dispose());

    private static long Resident(int process)
    {
        try
        {
            return long.Parse(File.ReadAllText($"/proc/{process}/statm").Split(' ')[1], CultureInfo.InvariantCulture)
                * Environment.SystemPageSize;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private async Task WaitRoutedAsync(int count, CancellationToken cancellation)
    {
        using var http = new HttpClient();
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var state = JsonDocument.Parse(
                    await http.GetStringAsync(new Uri($"http://{silos[0].EndPoint}/v2/cluster"), cancellation)
                );
                var routed = state
                    .RootElement.GetProperty("models")
                    .EnumerateArray()
                    .SelectMany(model => model.GetProperty("replicas").EnumerateArray())
                    .Count(replica => replica.GetProperty("routed").GetBoolean());
                var up = state
                    .RootElement.GetProperty("nodes")
                    .EnumerateArray()
                    .Count(node =>
                        node.GetProperty("plan_epoch").GetInt64() == state.RootElement.GetProperty("epoch").GetInt64()
                    );
                if (routed > 0 && routed % count == 0 && up == count)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // The director is not up yet.
            }

            if (Stopwatch.GetElapsedTime(started) > Limit)
            {
                throw new InvalidOperationException(
                    $"After {Limit.TotalSeconds} s the director does not route to all {count} silos."
                );
            }
            await Task.Delay(Look, cancellation);
        }
    }
}
