using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using OrleansInference.Load.Http;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Compare;

internal sealed class HttpProtocol : IInferProtocol
{
    public string Description => "HTTP with binary tensors";

    public Task<string?> ProblemAsync(IPEndPoint server, ComparedModel model, CancellationToken cancellation) =>
        Task.FromResult(Problem(server, model));

    public async Task<string?> MetadataAsync(IPEndPoint server, CancellationToken cancellation)
    {
        try
        {
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
            using var answer = await client.GetAsync(new Uri($"http://{server}/v2"), cancellation);
            if (!answer.IsSuccessStatusCode)
            {
                return null;
            }
            using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellation));
            var root = body.RootElement;
            return $"{root.GetProperty("name").GetString()} {root.GetProperty("version").GetString()}";
        }
        catch (Exception failure)
            when (failure is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException
                || (failure is TaskCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            return null;
        }
    }

    public Task<LoadResult> LoadAsync(
        ComparedServer server,
        ComparedModel model,
        int connections,
        (double Measured, double Warmup) times,
        CancellationToken cancellation
    )
    {
        var plan = new LoadPlan(server.Target, model.Request, connections, times.Measured, times.Warmup)
        {
            ServerProcess = server.Id,
        };
        return Task.FromResult(LoadRun.Execute(plan, cancellation));
    }

    private static string? Problem(IPEndPoint server, ComparedModel model)
    {
        try
        {
            using var connection = new HttpConnection(server);
            return OutputCheck.Problem(connection, model.Request, model.Expected);
        }
        catch (Exception failure) when (failure is SocketException or IOException or JsonException)
        {
            return failure.Message;
        }
    }
}
