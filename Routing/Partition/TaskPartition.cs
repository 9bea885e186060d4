using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Partition;

/// <summary>
/// Splits a request of many rows over replicas so that all parts are predicted to end together (θ_A
/// <c>task_partition</c>). Pure.
/// </summary>
public static class TaskPartition
{
    /// <summary>What each further part costs the node that puts the answer together.</summary>
    private const double GatherSeconds = 2e-4;

    /// <summary>Rows a second of a replica of which nothing is known.</summary>
    private const double UnknownSpeed = 1e9;

    /// <summary>What a split must win over sending the request whole.</summary>
    private const double LeastGain = 0.2;

    /// <summary>
    /// The parts, in the order of their rows; one part where splitting does not pay. Let wᵢ be a replica's wait (queue,
    /// hop and the fixed part of a run) and vᵢ its speed in rows a second. All parts that get any rows end at T = (rows
    /// + Σ vᵢ·wᵢ) ÷ Σ vᵢ: replicas join in the order of wᵢ while wᵢ &lt; T.
    /// </summary>
    /// <param name="targets">Replicas whose nodes answer, of a model with independent rows.</param>
    /// <param name="request">The request.</param>
    /// <param name="now">The router's clock.</param>
    /// <returns>Empty for no targets.</returns>
    public static RequestPart[] Split(IReadOnlyList<ReplicaTarget> targets, in RouteRequest request, TimeSpan now)
    {
        if (targets.Count == 0)
        {
            return [];
        }
        // A lambda cannot capture an in parameter.
        RouteRequest whole = request;
        ReplicaTarget single = targets.MinBy(target => target.Estimate(whole, now).Seconds)!;
        if (targets.Count == 1 || request.Rows < 2)
        {
            return [new RequestPart(single, 0, request.Rows)];
        }
        // As if all of them took part: how many will is what has to be found out.
        RouteRequest part = whole with
        {
            Bytes = whole.Bytes / targets.Count,
        };
        (ReplicaTarget Target, double Wait, double Speed)[] sorted =
        [
            .. targets
                .Select(target => (Target: target, Wait: Wait(target, part, now), Speed: Speed(target)))
                .OrderBy(entry => entry.Wait),
        ];
        int used = 0;
        double speed = 0;
        double weighted = request.Rows;
        double end = double.PositiveInfinity;
        while (used < sorted.Length && sorted[used].Wait < end)
        {
            speed += sorted[used].Speed;
            weighted += sorted[used].Speed * sorted[used].Wait;
            end = weighted / speed;
            used++;
        }

        if (used < 2 || end > single.Estimate(request, now).Seconds * (1 - LeastGain))
        {
            return [new RequestPart(single, 0, request.Rows)];
        }
        return Parts(sorted.AsSpan(0, used), end, request.Rows);
    }

    /// <summary>
    /// Seconds before the first row of a part runs: queue, fixed part of a run, way there, and what the part costs
    /// here.
    /// </summary>
    private static double Wait(ReplicaTarget target, in RouteRequest part, TimeSpan now) =>
        target.Estimate(part, now).WaitSeconds
        + target.Route.BaseSeconds
        + HopCost.Seconds(target.Node, part.Bytes)
        + GatherSeconds;

    /// <summary>Rows a second; one of which nothing is known counts as the fastest.</summary>
    private static double Speed(ReplicaTarget target) =>
        target.Rate.RowsPerSecond is > 0 and var speed ? speed : UnknownSpeed;

    private static RequestPart[] Parts(
        ReadOnlySpan<(ReplicaTarget Target, double Wait, double Speed)> used,
        double end,
        int rows
    )
    {
        List<RequestPart> parts = new(used.Length);
        double exact = 0;
        int start = 0;
        for (int i = 0; i < used.Length; i++)
        {
            // Rounding the running sum, not the parts, makes them add up to the whole.
            exact += (end - used[i].Wait) * used[i].Speed;
            int until = i == used.Length - 1 ? rows : Math.Clamp((int)Math.Round(exact), start, rows);
            if (until > start)
            {
                parts.Add(new RequestPart(used[i].Target, start, until - start));
            }
            start = until;
        }

        return [.. parts];
    }
}
