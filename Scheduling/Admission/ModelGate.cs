namespace OrleansInference.Scheduling.Admission;

/// <summary>
/// The requests to one model that one node has let in and not answered, by tenant, and who may follow. Where the queue
/// is more than half full, a tenant may hold its weighted share of it and no more. So a flood of one tenant's leaves
/// the others their places (weighted max-min fairness among the tenants of the last second). Thread-safe; time is an
/// argument.
/// </summary>
public sealed class ModelGate
{
    /// <summary>How full the queue must be before shares count.</summary>
    private const double Contended = 0.5;

    // A tenant between two requests still counts: the next one must find its share free.
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, TenantPlace> _tenants = [];

    /// <summary>Requests, or rows, let in and not answered.</summary>
    public long Outstanding { get; private set; }

    /// <summary>Decides by the deadline and by shares, and counts the request in where it is admitted.</summary>
    /// <param name="capacity">What serves the model.</param>
    /// <param name="tenant">Who asks.</param>
    /// <param name="weight">Its weight, &gt; 0.</param>
    /// <param name="timeout">Time until the deadline; zero for none.</param>
    /// <param name="now">The node's clock.</param>
    public GateDecision TryEnter(
        in ServiceCapacity capacity,
        string tenant,
        double weight,
        TimeSpan timeout,
        TimeSpan now
    )
    {
        lock (_lock)
        {
            FinishEstimate estimate =
                capacity.RowsPerSecond > 0
                    ? FinishEstimate.Predict(
                        Outstanding,
                        capacity.RowsPerSecond,
                        capacity.OwnSeconds,
                        seenWaitSeconds: capacity.WaitSeconds
                    )
                    : new FinishEstimate(0, capacity.OwnSeconds);
            double oneMore = capacity.RowsPerSecond > 0 ? 1 / capacity.RowsPerSecond : 0;
            bool hasDeadline = timeout > TimeSpan.Zero;
            double longest = FinishEstimate.LongestWait(timeout.TotalSeconds, capacity.OwnSeconds);
            // One at a time is let in whatever is predicted: else nobody would learn that it has become faster.
            bool isLate = hasDeadline && Outstanding > 0 && !estimate.IsWithin(timeout.TotalSeconds);
            if (Outstanding >= capacity.MaxOutstanding || isLate)
            {
                // No place comes free before one more has been answered.
                double retry = Math.Max(oneMore, estimate.WaitSeconds - (longest * Contended));
                return new GateDecision(GateVerdict.Overloaded, estimate.Seconds, retry);
            }

            // As many as are answered before the deadline.
            double room =
                hasDeadline && capacity.RowsPerSecond > 0
                    ? Math.Min(capacity.MaxOutstanding, Math.Max(1, longest * capacity.RowsPerSecond))
                    : capacity.MaxOutstanding;
            return TryTakePlace(room, tenant, weight, 1, now, out bool alone)
                ? new GateDecision(GateVerdict.Admit, estimate.Seconds, 0)
                : new GateDecision(
                    alone ? GateVerdict.Overloaded : GateVerdict.OverShare,
                    estimate.Seconds,
                    Math.Max(oneMore, estimate.WaitSeconds * Contended)
                );
        }
    }

    /// <summary>
    /// Decides by shares only, for a queue that knows its own load, and counts the rows in where they are admitted.
    /// </summary>
    /// <param name="room">Rows that the queue has room for.</param>
    /// <param name="tenant">Who asks.</param>
    /// <param name="weight">Its weight, &gt; 0.</param>
    /// <param name="rows">Rows of the request.</param>
    /// <param name="now">The node's clock.</param>
    /// <param name="backlogRows">
    /// What the tenant's own rows amount to at its share of the speed, in rows: the time that they take orders its
    /// request behind other tenants' of the same due time (weighted fair queueing). 0 for a tenant alone.
    /// </param>
    public bool TryEnterShare(double room, string tenant, double weight, int rows, TimeSpan now, out double backlogRows)
    {
        lock (_lock)
        {
            TenantPlace place = Place(tenant, weight, now);
            double share = Share(place, now);
            backlogRows = share >= 1 ? 0 : place.Outstanding / share;
            return TryTakePlace(room, tenant, weight, rows, now, out bool alone) || (alone && TakePlace(place, rows));
        }
    }

    /// <summary>Counts an admitted request out.</summary>
    public void Leave(string tenant, int rows = 1)
    {
        lock (_lock)
        {
            Outstanding -= rows;
            if (_tenants.TryGetValue(tenant, out TenantPlace? place))
            {
                place.Outstanding -= rows;
            }
        }
    }

    private bool TryTakePlace(double room, string tenant, double weight, int rows, TimeSpan now, out bool alone)
    {
        TenantPlace place = Place(tenant, weight, now);
        double share = Share(place, now);
        // A tenant alone has all of it: then it is simply full.
        alone = share >= 1;
        // One request always fits a share: a tenant whose requests are larger than its share would be shut out for
        // good.
        return (Outstanding < room * Contended || place.Outstanding + rows <= Math.Max(rows, room * share))
            && TakePlace(place, rows);
    }

    private bool TakePlace(TenantPlace place, int rows)
    {
        place.Outstanding += rows;
        Outstanding += rows;
        return true;
    }

    private TenantPlace Place(string tenant, double weight, TimeSpan now)
    {
        if (!_tenants.TryGetValue(tenant, out TenantPlace? place))
        {
            // Names are the callers': those that are gone make room before the next is remembered.
            if (_tenants.Count >= 64)
            {
                Forget(now);
            }
            _tenants.Add(tenant, place = new TenantPlace());
        }

        place.Weight = weight;
        place.SeenAt = now;
        return place;
    }

    private double Share(TenantPlace place, TimeSpan now)
    {
        double active = 0;
        foreach (TenantPlace other in _tenants.Values)
        {
            if (other.Outstanding > 0 || now - other.SeenAt < Recent)
            {
                active += other.Weight;
            }
        }

        return place.Weight / active;
    }

    private void Forget(TimeSpan now)
    {
        foreach ((string name, TenantPlace place) in _tenants.ToArray())
        {
            bool isGone = place.Outstanding == 0 && now - place.SeenAt >= Recent;
            if (isGone)
            {
                _tenants.Remove(name);
            }
        }
    }

    private sealed class TenantPlace
    {
        public long Outstanding { get; set; }

        public double Weight { get; set; }

        public TimeSpan SeenAt { get; set; }
    }
}
