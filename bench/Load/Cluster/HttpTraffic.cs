using System.Diagnostics;
using System.Globalization;

namespace OrleansInference.Load.Cluster;

/// <summary>
/// Tenants' requests over HTTP to all silos in turn, with their deadline in a header. A request asks for leave to send
/// its body (Expect: 100-continue) where that is large, as clients of a loaded server should.
/// </summary>
internal sealed class HttpTraffic(ClusterSilos silos, byte[] body, int headerLength, TimeSpan deadline)
{
    private const int LargeBody = 16 << 10;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <summary>Sends for <paramref name="seconds"/> and waits for the answers.</summary>
    public async Task<Dictionary<string, TenantResult>> RunAsync(
        TenantTraffic[] tenants,
        double seconds,
        int seed,
        CancellationToken cancellation
    )
    {
        using var http = new HttpClient(
            new SocketsHttpHandler
            {
                MaxConnectionsPerServer = 4096,
                Expect100ContinueTimeout = TimeSpan.FromSeconds(5),
            }
        )
        {
            Timeout = TimeSpan.FromSeconds(30),
        };
        var results = tenants.ToDictionary(tenant => tenant.Tenant, _ => new TenantResult());
        await Task.WhenAll(
            tenants.Select(
                (tenant, i) =>
                    SendAsync(http, tenant, results[tenant.Tenant], seconds, new Random(seed + i), cancellation)
            )
        );
        return results;
    }

    private async Task SendAsync(
        HttpClient http,
        TenantTraffic tenant,
        TenantResult result,
        double seconds,
        Random random,
        CancellationToken cancellation
    )
    {
        var started = Stopwatch.GetTimestamp();
        List<Task> sent = [];
        using var timer = new PeriodicTimer(Tick);
        var next = 0.0;
        while (next < seconds)
        {
            await timer.WaitForNextTickAsync(cancellation);
            for (
                var now = Stopwatch.GetElapsedTime(started).TotalSeconds;
                next <= now && next < seconds;
                next += -Math.Log(1 - random.NextDouble()) / tenant.PerSecond
            )
            {
                sent.Add(OneAsync(http, tenant.Tenant, result, sent.Count, cancellation));
            }
        }

        await Task.WhenAll(sent);
    }

    private async Task OneAsync(
        HttpClient http,
        string tenant,
        TenantResult result,
        int number,
        CancellationToken cancellation
    )
    {
        var begin = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            $"http://{silos.All[number % silos.All.Count].EndPoint}/v2/models/{ClusterFolder.Model}/infer"
        )
        {
            Content = new ByteArrayContent(body),
        };
        request.Headers.Add("X-Tenant", tenant);
        request.Headers.Add("X-Request-Timeout-Ms", deadline.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
        if (headerLength > 0)
        {
            request.Headers.Add("Inference-Header-Content-Length", headerLength.ToString(CultureInfo.InvariantCulture));
        }
        request.Headers.ExpectContinue = body.Length > LargeBody;
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation);
            result.Record(
                (int)answer.StatusCode,
                answer.Headers.RetryAfter is not null,
                Stopwatch.GetElapsedTime(begin),
                deadline
            );
        }
        catch (HttpRequestException)
        {
            result.Record(0, false, Stopwatch.GetElapsedTime(begin), deadline);
        }
    }
}
