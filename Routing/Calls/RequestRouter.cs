using System.Diagnostics.CodeAnalysis;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Balancing;
using OrleansInference.Routing.Partition;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Calls;

/// <summary>
/// Sends requests to the replicas that the routing snapshot picks: splits large ones, sends a failed one elsewhere
/// once, hedges where asked to. Used by every silo and by the client SDK.
/// </summary>
/// <param name="transport">How nodes are reached.</param>
/// <param name="options">Retries and hedging.</param>
/// <param name="time">Time.</param>
/// <param name="seed">Where this router's even sequence of numbers begins, in [0, 1): different for each
/// router.</param>
public sealed class RequestRouter(INodeTransport transport, RouterOptions options, TimeProvider time, double seed)
{
    private readonly Lock _lock = new();
    private readonly WeylSequence _random = new(seed);
    private readonly long _start = time.GetTimestamp();
    private RoutingSnapshot _snapshot = RoutingSnapshot.Empty;
    private long _bytesInFlight;

    /// <summary>Where requests go now.</summary>
    public RoutingSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>What it did.</summary>
    public RouterCounters Counters { get; } = new();

    /// <summary>Its clock.</summary>
    public TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>Takes a newer table over.</summary>
    /// <param name="table">The table.</param>
    /// <param name="local">The router's own node; null in a client.</param>
    /// <returns>False where the one in use is as new.</returns>
    public bool Update(RoutingTable table, SiloAddress? local)
    {
        ArgumentNullException.ThrowIfNull(table);
        // Of two tables that come at once the older must not be the one that stays.
        lock (_lock)
        {
            if (!table.IsNewerThan(_snapshot.Table))
            {
                return false;
            }
            Volatile.Write(ref _snapshot, _snapshot.Next(table, local));
            return true;
        }
    }

    /// <summary>Sends a request, whose tensors it takes over, to a node over the network.</summary>
    /// <returns>False, with the tensors left alone, where no replica is known.</returns>
    public bool TryInfer(
        InferenceCall request,
        CancellationToken cancellationToken,
        [NotNullWhen(true)] out Task<InferenceAnswer>? answer
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        answer = null;
        return Snapshot.Find(request.ModelName) is { } model
            && TryInfer(request, model, here: null, cancellationToken, out answer);
    }

    /// <summary>
    /// Sends a request, whose tensors it takes over, to the replica that is picked, here or elsewhere (step 6).
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="model">The replicas of its model.</param>
    /// <param name="here">Runs what stays on the router's own node; null in a client, which has none.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <param name="answer">The answer.</param>
    /// <returns>False, with the tensors left alone, where no replica is known.</returns>
    public bool TryInfer(
        InferenceCall request,
        ModelTargets model,
        LocalExecutor? here,
        CancellationToken cancellationToken,
        [NotNullWhen(true)] out Task<InferenceAnswer>? answer
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(model);
        RouteRequest route = new(
            request.ModelName,
            request.ModelVersion,
            RequestRows.Count(request),
            RequestRows.Bytes(request),
            request.Timeout,
            Excluded: null
        );
        answer = null;
        // Counted in before it is judged, or two at once would find the same room. A request over the limit goes alone
        // rather than never.
        if (RoutingSnapshot.Pick(model, route, Now, _random.Next()) is not { } target)
        {
            return false;
        }
        if (
            options.MaxBytesInFlight > 0
            && Interlocked.Add(ref _bytesInFlight, route.Bytes) is var held
            && held > options.MaxBytesInFlight
            && held > route.Bytes
        )
        {
            Interlocked.Add(ref _bytesInFlight, -route.Bytes);
            request.Dispose();
            answer = Task.FromResult(
                InferenceAnswer.Failure(
                    request,
                    InferenceError.ResourceExhausted,
                    $"{held - route.Bytes} of at most {options.MaxBytesInFlight} bytes are on their way "
                        + $"(Routing:MaxBytesInFlight), the request has {route.Bytes}; wait for answers"
                )
            );
            return true;
        }

        answer = Parts(model, request, route) is { Length: > 1 } parts
            ? SplitAsync(request, route, parts, here, cancellationToken)
            : RouteAsync(request, route, target, here, cancellationToken);
        if (options.MaxBytesInFlight > 0)
        {
            answer = CountedAsync(answer, route.Bytes);
        }
        return true;
    }

    private async Task<InferenceAnswer> CountedAsync(Task<InferenceAnswer> answer, long bytes)
    {
        try
        {
            return await answer.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref _bytesInFlight, -bytes);
        }
    }

    private RequestPart[] Parts(ModelTargets model, InferenceCall request, in RouteRequest route)
    {
        // A sequence's request has a state and an order, and goes whole. Under weights the plan says what each replica
        // gets, which a split by speed would not keep.
        if (route.Rows < 2 || request.SequenceId.Length > 0 || !model.TaskPartition || model.Balancer is Weighted)
        {
            return [];
        }
        ReplicaTarget[] targets = model.Of(route.Version);
        // Rows of a model that does not batch may influence each other (ADR 5).
        if (targets.Length < 2 || !targets[0].Route.IsBatched)
        {
            return [];
        }
        return TaskPartition.Split(Array.FindAll(targets, target => !target.Node.IsEjected), route, Now);
    }

    private async Task<InferenceAnswer> SplitAsync(
        InferenceCall request,
        RouteRequest route,
        RequestPart[] parts,
        LocalExecutor? here,
        CancellationToken cancellationToken
    )
    {
        Counters.AddSplit();
        using CancellationTokenSource others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        JoinedOutputs joined = new(route.Rows);
        Tensor[]? whole = null;
        InferenceAnswer? failed = null;
        InferenceAnswer? last = null;
        Task<InferenceAnswer>[] answers = Array.ConvertAll(
            parts,
            part =>
                RouteAsync(
                    RequestRows.Slice(request, part.Start, part.Rows, route.Rows),
                    route with
                    {
                        Rows = part.Rows,
                        Bytes = route.Bytes * part.Rows / route.Rows,
                    },
                    part.Target,
                    here,
                    others.Token
                )
        );
        // The parts hold references of their own.
        request.Dispose();
        for (int i = 0; i < parts.Length; i++)
        {
            // Each is awaited, also behind a failure: somebody must give its tensors back.
            InferenceAnswer answer = await answers[i].ConfigureAwait(false);
            if (failed is not null || answer.Error != InferenceError.None)
            {
                // The first failure is the answer; what it cancels fails after it.
                if (failed is null)
                {
                    await others.CancelAsync().ConfigureAwait(false);
                }
                else
                {
                    answer.Dispose();
                }
                failed ??= answer;
                continue;
            }

            last = answer with { Timings = Longest(last?.Timings ?? default, answer.Timings) };
            try
            {
                whole = joined.Add(parts[i].Start, parts[i].Rows, answer.Outputs);
            }
            catch (InvalidDataException exception)
            {
                answer.Dispose();
                failed = InferenceAnswer.Failure(request, InferenceError.Internal, exception.Message);
                await others.CancelAsync().ConfigureAwait(false);
            }
        }

        return failed ?? last! with { Outputs = whole! };
    }

    private async Task<InferenceAnswer> RouteAsync(
        InferenceCall request,
        RouteRequest route,
        ReplicaTarget target,
        LocalExecutor? here,
        CancellationToken cancellationToken
    )
    {
        TimeSpan begin = Now;
        // Inference is pure, but a sequence's first attempt may have changed its state.
        bool mayRetry = options.Retry && request.SequenceId.Length == 0;
        if (options.HedgeAfterMs > 0)
        {
            // The clock that sends it elsewhere must start while it runs.
            request = request with
            {
                MayRunOnCaller = false,
            };
        }
        RequestSender sender = new(transport, here, Counters, request, route.Rows, keepsInputs: mayRetry);
        try
        {
            Attempt first =
                options.HedgeAfterMs > 0 && mayRetry
                    ? await sender
                        .HedgeAsync(
                            target,
                            TimeSpan.FromMilliseconds(options.HedgeAfterMs),
                            () => Another(route, target, begin),
                            this,
                            time,
                            cancellationToken
                        )
                        .ConfigureAwait(false)
                    : await sender.SendAsync(target, Now, this, cancellationToken).ConfigureAwait(false);
            if (
                !first.MayRetry
                || !mayRetry
                || cancellationToken.IsCancellationRequested
                || Another(route, target, begin) is not { } next
            )
            {
                return first.Response ?? Lost(request, target, first.Reason);
            }
            first.Response?.Dispose();
            Counters.AddRetry();
            // One deadline holds for both attempts.
            sender.Elapsed(Now - begin);
            Attempt second = await sender.SendAsync(next, Now, this, cancellationToken).ConfigureAwait(false);
            return second.Response ?? Lost(request, next, second.Reason);
        }
        finally
        {
            sender.Dispose();
        }
    }

    private ReplicaTarget? Another(in RouteRequest route, ReplicaTarget but, TimeSpan begin)
    {
        // A timeout of zero would be none at all.
        TimeSpan left =
            route.Timeout > TimeSpan.Zero
                ? TimeSpan.FromTicks(Math.Max(1, (route.Timeout - (Now - begin)).Ticks))
                : TimeSpan.Zero;
        return Snapshot.Pick(route with { Excluded = but.Node, Timeout = left }, Now, _random.Next());
    }

    private static InferenceAnswer Lost(InferenceCall request, ReplicaTarget target, string reason) =>
        InferenceAnswer.Failure(
            request,
            InferenceError.Unavailable,
            $"node '{target.Node.Route.Name}' of model '{request.ModelName}' was lost while the "
                + $"request was there: {reason}"
        );

    private static InferenceTimings Longest(in InferenceTimings one, in InferenceTimings other) =>
        one.Total > other.Total ? one : other;
}
