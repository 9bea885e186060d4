using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Health;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Calls;

/// <summary>
/// Sends one request to replicas, one or two of them, and lets go of its inputs when nothing reads them any more.
/// </summary>
/// <param name="transport">How other nodes are reached.</param>
/// <param name="here">Runs what is for the router's own node; null in a client, which has none.</param>
/// <param name="counters">Counts attempts.</param>
/// <param name="request">The request.</param>
/// <param name="rows">Its rows.</param>
/// <param name="keepsInputs">Whether the inputs may be needed for another attempt.</param>
internal sealed class RequestSender(
    INodeTransport transport,
    LocalExecutor? here,
    RouterCounters counters,
    InferenceCall request,
    int rows,
    bool keepsInputs
) : IDisposable
{
    private readonly InferenceCall _whole = request;
    private InferenceCall _request = request;
    private bool _handedOver;
    private bool _abandoned;

    /// <summary>Takes the time that has passed off the request's timeout.</summary>
    public void Elapsed(TimeSpan elapsed) => _request = _whole.After(elapsed);

    /// <summary>Sends it to one replica.</summary>
    public async Task<Attempt> SendAsync(
        ReplicaTarget target,
        TimeSpan now,
        RequestRouter clock,
        CancellationToken cancellationToken
    )
    {
        NodeState node = target.Node;
        counters.AddAttempt(node.IsLocal);
        target.Load.Begin(rows);
        node.BeginRequest(now);
        try
        {
            if (node.IsLocal && here is not null)
            {
                return new Attempt(await here(HandOver(), cancellationToken).ConfigureAwait(false), "");
            }
            return await SendRemoteAsync(target, clock, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            target.Load.End(rows);
            node.EndRequest();
        }
    }

    /// <summary>
    /// Sends it to a second replica as well when the first does not answer in time; the first good answer counts.
    /// </summary>
    public async Task<Attempt> HedgeAsync(
        ReplicaTarget target,
        TimeSpan delay,
        Func<ReplicaTarget?> another,
        RequestRouter clock,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<Attempt> first = SendAsync(target, clock.Now, clock, losers.Token);
        Task wait = Task.Delay(delay, time, losers.Token);
        if (await Task.WhenAny(first, wait).ConfigureAwait(false) == first || another() is not { } other)
        {
            Attempt only = await first.ConfigureAwait(false);
            // Ends the delay's timer, which nobody waits for any more.
            await losers.CancelAsync().ConfigureAwait(false);
            return only;
        }

        counters.AddHedge();
        Task<Attempt> second = SendAsync(other, clock.Now, clock, losers.Token);
        Task<Attempt> winner = await Task.WhenAny(first, second).ConfigureAwait(false);
        Attempt answer = await winner.ConfigureAwait(false);
        Task<Attempt> loser = winner == first ? second : first;
        // The faster one failed; the slower one may still be good.
        if (answer.MayRetry)
        {
            answer.Response?.Dispose();
            return await loser.ConfigureAwait(false);
        }

        _abandoned = true;
        await losers.CancelAsync().ConfigureAwait(false);
        _ = DisposeLateAsync(loser);
        return answer;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        // A call that was given up may still be writing the inputs to the wire: they are left to the garbage collector.
        if (!_handedOver && !_abandoned)
        {
            _whole.Dispose();
        }
    }

    /// <summary>Nobody waits for the answer that came second, nor for why there is none.</summary>
    private static async Task DisposeLateAsync(Task<Attempt> late)
    {
        await ((Task)late).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (late.IsCompletedSuccessfully)
        {
            Attempt attempt = await late.ConfigureAwait(false);
            attempt.Response?.Dispose();
        }
    }

    private async Task<Attempt> SendRemoteAsync(
        ReplicaTarget target,
        RequestRouter clock,
        CancellationToken cancellationToken
    )
    {
        NodeState node = target.Node;
        CancellationToken lost = node.Lost;
        using CancellationTokenSource? both = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lost)
            : null;
        try
        {
            CancellationToken either = both?.Token ?? lost;
            // Orleans fails a call to a lost node only at its timeout: the token gives it up at once (ADR 10).
            InferenceAnswer response = await transport
                .InferAsync(node, _request, either)
                .WaitAsync(either)
                .ConfigureAwait(false);
            TimeSpan now = clock.Now;
            target.Load.ObserveWait(response.Timings.Queue, now);
            node.ObserveAnswer(now);
            counters.AddBytes(RequestRows.Bytes(_request) + response.Outputs.Sum(output => (long)output.ByteLength));
            return new Attempt(response, "");
        }
        // Asked before the next: a caller who has given up says nothing about the node.
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _abandoned = true;
            return new Attempt(
                InferenceAnswer.Failure(_request, InferenceError.Cancelled, "the request was cancelled"),
                ""
            );
        }
        catch (Exception exception)
            when (exception is OrleansException or TimeoutException or IOException or OperationCanceledException)
        {
            _abandoned = true;
            node.Eject(clock.Now);
            return new Attempt(null, lost.IsCancellationRequested ? "its connection failed" : exception.Message);
        }
    }

    /// <summary>
    /// The engine takes tensors over: it gets the request itself, or references of its own where another attempt may
    /// follow.
    /// </summary>
    private InferenceCall HandOver()
    {
        if (keepsInputs)
        {
            return RequestRows.Copy(_request);
        }
        _handedOver = true;
        return _request;
    }
}
