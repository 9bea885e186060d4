using System.Diagnostics;
using System.Text;
using OrleansInference.Load.Arguments;
using OrleansInference.Load.Compare;

namespace OrleansInference.Load.Cluster;

/// <summary>
/// A cluster at several times its capacity: what is let in keeps its deadline, the rest is told so at once.
/// </summary>
internal static class OverloadCommand
{
    public static readonly string[] Options =
    [
        "silo",
        "nodes",
        "capacity",
        "factor",
        "seconds",
        "deadline-ms",
        "model",
        "input",
        "input-name",
        "shape",
        "tenants!",
    ];

    public static async Task<int> RunAsync(ArgumentSet arguments, CancellationToken cancellation)
    {
        var nodes = arguments.Integer("nodes", arguments.Has("model") ? 1 : 4, 1);
        var capacity = arguments.Number("capacity", 400, 1);
        var seconds = arguments.Number("seconds", 60, 1);
        var deadline = TimeSpan.FromMilliseconds(arguments.Number("deadline-ms", 250, 1));
        using var folder = arguments.Find("model") is { } file
            ? ClusterFolder.Of(file)
            : ClusterFolder.Emulated(1000 * nodes / capacity);
        using var silos = await ClusterSilos.StartAsync(
            arguments.Text("silo", "dotnet Silo/bin/Release/net10.0/OrleansInference.Silo.dll"),
            nodes,
            folder,
            cancellation
        );
        var (body, header) = Body(arguments);
        var traffic = new HttpTraffic(silos, body, header, deadline);
        Console.WriteLine($"{Machine.Describe()}; commit {Machine.Commit()}");
        var served = folder.IsEmulated
            ? $"emulated devices of {capacity:F0} requests/s in all"
            : $"{arguments.Find("model")} on the CPU, about {capacity:F0} requests/s";
        Console.WriteLine($"{nodes} silos, {served}, deadline {deadline.TotalMilliseconds:F0} ms");
        await traffic.RunAsync([new TenantTraffic("warm-up", capacity / 2)], 3, seed: 1, cancellation);
        if (arguments.Has("tenants"))
        {
            await TenantsAsync(traffic, capacity, seconds, cancellation);
        }
        else
        {
            await FloodAsync(traffic, silos, capacity, arguments.Number("factor", 3, 0.1), seconds, cancellation);
        }
        Console.WriteLine($"nodes alive at the end: {await silos.NodesAsync(cancellation)} of {nodes}");
        return 0;
    }

    private static async Task FloodAsync(
        HttpTraffic traffic,
        ClusterSilos silos,
        double capacity,
        double factor,
        double seconds,
        CancellationToken cancellation
    )
    {
        var started = Stopwatch.GetTimestamp();
        var server = silos.CpuSeconds();
        var own = Environment.CpuUsage.TotalTime.TotalSeconds;
        var before = silos.ResidentMiB();
        var running = traffic.RunAsync([new TenantTraffic("flood", factor * capacity)], seconds, seed: 2, cancellation);
        await Task.Delay(TimeSpan.FromSeconds(seconds / 2), cancellation);
        var half = silos.ResidentMiB();
        var result = (await running)["flood"];
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Write("flood", result, elapsed);
        Console.WriteLine(
            $"goodput {result.InTime / elapsed:F0}/s = {result.InTime / elapsed / capacity:P1} of "
                + $"capacity; of those let in, in time: "
                + $"{(double)result.InTime / Math.Max(1, result.InTime + result.Late):P2}"
        );
        Console.WriteLine(
            $"refused in p50 {result.RefusedMs(50):F1} ms, p99 {result.RefusedMs(99):F1} ms, max "
                + $"{result.RefusedMs(100):F1} ms; without Retry-After: {result.WithoutRetryAfter}"
        );
        Console.WriteLine(
            $"resident MiB a silo: before {string.Join(' ', before)}, half way "
                + $"{string.Join(' ', half)}, at the end {string.Join(' ', silos.ResidentMiB())}"
        );
        Console.WriteLine(
            $"CPU, of {Environment.ProcessorCount} cores: silos "
                + $"{(silos.CpuSeconds() - server) / elapsed:F2}, generator "
                + $"{(Environment.CpuUsage.TotalTime.TotalSeconds - own) / elapsed:F2}"
        );
    }

    /// <summary>
    /// Two tenants of equal weight; one asks for a third of the capacity, the other for a third and then for ten
    /// thirds.
    /// </summary>
    private static async Task TenantsAsync(
        HttpTraffic traffic,
        double capacity,
        double seconds,
        CancellationToken cancellation
    )
    {
        var calm = await traffic.RunAsync(
            [new TenantTraffic("calm", capacity / 3), new TenantTraffic("wild", capacity / 3)],
            seconds,
            seed: 3,
            cancellation
        );
        var flood = await traffic.RunAsync(
            [new TenantTraffic("calm", capacity / 3), new TenantTraffic("wild", 10 * capacity / 3)],
            seconds,
            seed: 3,
            cancellation
        );
        foreach (var (name, result) in calm)
        {
            Write($"{name}, both at a third", result, seconds);
        }
        foreach (var (name, result) in flood)
        {
            Write($"{name}, wild at ten times its own", result, seconds);
        }
        Console.WriteLine(
            $"the flood costs tenant calm "
                + $"{100 * (calm["calm"].Attainment - flood["calm"].Attainment):F1} points of attainment"
        );
    }

    private static void Write(string name, TenantResult result, double seconds)
    {
        var others = string.Join(' ', result.Others.Select(other => $"{other.Key}: {other.Value}"));
        Console.WriteLine(
            $"{name}: sent {result.Sent / seconds:F0}/s, in time {result.InTime / seconds:F0}/s ({result.Attainment:P1}), "
                + $"let in and late {result.Late}, refused {result.Refused / seconds:F0}/s, served p50 "
                + $"{result.ServedMs(50):F0} ms p99 {result.ServedMs(99):F0} ms"
                + (others.Length > 0 ? $", other answers {others}" : "")
        );
    }

    private static (byte[] Body, int Header) Body(ArgumentSet arguments)
    {
        if (!arguments.Has("model"))
        {
            return ("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"""u8.ToArray(), 0);
        }
        var input = File.ReadAllBytes(arguments.Required("input"));
        var name = arguments.Required("input-name");
        var shape = arguments.Required("shape");
        var header = Encoding.ASCII.GetBytes(
            $$$"""{"inputs":[{"name":"{{{name}}}","shape":[{{{shape}}}]"""
                + $$$""","datatype":"FP32","parameters":{"binary_data_size":{{{input.Length}}}}}]}"""
        );
        return ([.. header, .. input], header.Length);
    }
}
