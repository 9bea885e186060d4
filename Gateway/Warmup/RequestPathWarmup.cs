using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Warmup;

/// <summary>
/// Sends the server's own requests through its ports before it says that it is ready. The first clients would otherwise
/// pay for compiling the request path. These requests are in no statistics, log, quota or metric, and a failure of
/// theirs stops nothing.
/// </summary>
internal sealed partial class RequestPathWarmup(
    WarmupToken token,
    IModelCatalog catalog,
    IRequestDispatcher dispatcher,
    IOptions<GatewayOptions> options,
    TimeProvider time,
    ILogger<RequestPathWarmup> logger
) : IHostedLifecycleService
{
    /// <summary>
    /// Requests in each form: the runtime compiles a method anew, with what it has learnt, after 30 calls.
    /// </summary>
    private const int Rounds = 40;

    /// <summary>Most models to try until one answers made-up inputs.</summary>
    private const int MaxTries = 3;

    private int _sent;

    /// <inheritdoc />
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (options.Value.WarmupMs > 0)
        {
            token.Open();
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs when the ports are open and before the host says that it has started.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (!token.IsOpen)
        {
            return;
        }
        long begin = time.GetTimestamp();
        using CancellationTokenSource budget = new(TimeSpan.FromMilliseconds(options.Value.WarmupMs), time);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(
            budget.Token,
            cancellationToken
        );
        try
        {
            await WarmAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The time is over, or the host stops: what is warm is warm.
        }
        catch (Exception exception)
        {
            // A cold path is slower, not wrong: nothing that fails here may keep the server from serving.
            LogFailed(exception);
        }
        finally
        {
            token.Close();
        }

        double milliseconds = time.GetElapsedTime(begin).TotalMilliseconds;
        LogWarm(_sent, milliseconds);
    }

    /// <inheritdoc />
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task WarmAsync(CancellationToken cancellationToken)
    {
        // The server has no certificate that a client's authority signed, so it cannot call itself.
        if (options.Value.ClientAuthorityFile.Length > 0)
        {
            return;
        }
        WarmupRequest[] requests = Requests();
        using WarmupClient client = new(options.Value, token.Value);
        int answering = await FirstThatAnswersAsync(client, requests, cancellationToken);
        if (answering < 0)
        {
            return;
        }
        await CompileAsync(client, requests[answering], cancellationToken);
        // Larger inputs take other buffers from the pools, and other ways through the reader.
        foreach (WarmupRequest other in requests[(answering + 1)..])
        {
            await TryAsync(client.SendBinaryAsync, other, cancellationToken);
        }
    }

    /// <summary>One request for each model that needs no sequence, smallest inputs first.</summary>
    private WarmupRequest[] Requests()
    {
        IEnumerable<string> models = catalog.GetStatistics("", "").Select(model => model.Name).Distinct();
        IEnumerable<WarmupRequest> requests = models
            .Where(model => !dispatcher.HasSequences(model, ""))
            .Select(model => WarmupRequest.For(catalog.GetMetadata(model, "")))
            .OfType<WarmupRequest>();
        return
        [
            .. requests
                .OrderBy(request => request.InputBytes)
                .ThenBy(request => request.ModelName, StringComparer.Ordinal),
        ];
    }

    /// <summary>
    /// Finds the first request that is answered, or −1. A model may refuse made-up inputs, such as an index beyond its
    /// table, or hold a request back to fill a batch.
    /// </summary>
    private async Task<int> FirstThatAnswersAsync(
        WarmupClient client,
        WarmupRequest[] requests,
        CancellationToken cancellationToken
    )
    {
        for (int i = 0; i < Math.Min(MaxTries, requests.Length); i++)
        {
            if (await TryAsync(client.SendJsonAsync, requests[i], cancellationToken))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Sends a request within a model's share of the time. Returns whether it succeeded.</summary>
    private async Task<bool> TryAsync(
        Func<WarmupRequest, CancellationToken, Task<bool>> send,
        WarmupRequest request,
        CancellationToken cancellationToken
    )
    {
        TimeSpan share = TimeSpan.FromMilliseconds(options.Value.WarmupMs) / (MaxTries + 1);
        using CancellationTokenSource late = new(share, time);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(
            late.Token,
            cancellationToken
        );
        _sent++;
        try
        {
            return await send(request, stop.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task CompileAsync(WarmupClient client, WarmupRequest request, CancellationToken cancellationToken)
    {
        for (int round = 0; round < Rounds; round++)
        {
            // Together, so that what gathers requests into a batch is compiled as well.
            await Task.WhenAll(
                client.SendJsonAsync(request, cancellationToken),
                client.SendBinaryAsync(request, cancellationToken),
                client.SendGrpcAsync(request, cancellationToken)
            );
            _sent += 3;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    [LoggerMessage(
        EventId = 3007,
        Level = LogLevel.Debug,
        Message = "The request path is warm after {Requests} requests in {Milliseconds:F0} ms"
    )]
    private partial void LogWarm(int requests, double milliseconds);

    [LoggerMessage(
        EventId = 3008,
        Level = LogLevel.Information,
        Message = "The request path could not be warmed; the first requests take longer"
    )]
    private partial void LogFailed(Exception exception);
}
