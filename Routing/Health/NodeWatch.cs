using OrleansInference.Routing.Calls;

namespace OrleansInference.Routing.Health;

/// <summary>
/// Tells dead nodes from slow ones: probes nodes that owe answers and give no sign, all of them when a connection
/// breaks, and ejected ones until they are back. Runs beside a router, never on a request's way.
/// </summary>
public sealed class NodeWatch(RequestRouter router, INodeTransport transport, RouterOptions options, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private TaskCompletionSource _signal = NewSignal();
    private int _broken;

    /// <summary>A connection to some node broke: every node is probed now.</summary>
    public void ConnectionBroke()
    {
        // Before the signal, so that whoever it wakes sees it.
        Volatile.Write(ref _broken, 1);
        Volatile.Read(ref _signal).TrySetResult();
    }

    /// <summary>Watches until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            // That the period is over is the rule, four times a second: nothing is thrown for it.
            await _signal
                .Task.WaitAsync(Period, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            // The signal before the flag: a connection that breaks between the two wakes the next round.
            if (_signal.Task.IsCompleted)
            {
                Volatile.Write(ref _signal, NewSignal());
            }
            bool broken = Interlocked.Exchange(ref _broken, 0) != 0;
            await ProbeAsync(broken, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Looks once: probes what needs it, side by side, and ejects or readmits by the outcome.</summary>
    /// <param name="all">Whether to probe every node.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task ProbeAsync(bool all, CancellationToken cancellationToken)
    {
        TimeSpan now = router.Now;
        List<Task> probes = [];
        foreach (NodeState node in router.Snapshot.Nodes)
        {
            if (!node.IsLocal && (all || IsDue(node, now)))
            {
                probes.Add(ProbeAsync(node, cancellationToken));
            }
        }

        return Task.WhenAll(probes);
    }

    // Who reports a broken connection must not run the probes itself.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool IsDue(NodeState node, TimeSpan now)
    {
        if (node.IsEjected)
        {
            return now - node.ProbedAt >= TimeSpan.FromSeconds(options.ReadmitSeconds);
        }
        return node.Outstanding > 0 && now - node.LastSign >= TimeSpan.FromSeconds(options.StallSeconds);
    }

    private async Task ProbeAsync(NodeState node, CancellationToken cancellationToken)
    {
        node.ProbedAt = router.Now;
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(options.ProbeTimeoutSeconds), time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(
            timeout.Token,
            cancellationToken
        );
        try
        {
            // A ping to a lost node ends only with a token of its own, as any call.
            await transport.PingAsync(node, both.Token).WaitAsync(both.Token).ConfigureAwait(false);
            node.Timeouts = 0;
            node.ObserveAnswer(router.Now);
            node.Readmit();
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The router stops.
        }
        catch (Exception exception)
        {
            node.Timeouts++;
            // Slow is not dead: a saturated node may miss one probe, a broken connection says it all.
            if (
                exception is not (OperationCanceledException or TimeoutException)
                || node.Timeouts >= options.ProbesToEject
            )
            {
                node.Eject(router.Now);
            }
        }
    }
}
