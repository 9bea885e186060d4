namespace OrleansInference.Routing.Admission;

/// <summary>
/// The requests to one model that one node has let in and not answered, by tenant, and who may follow. Where the queue is
/// more than half full a tenant may hold its weighted share of it and no more, so that a flood of one tenant's leaves the
/// others their places (weighted max-min fairness among the tenants of the last second). Thread-safe; time is an argument.
/// </summary>
public sealed class ModelGate
{
    /// <summary>Predictions err: what would only just be in time is refused.</summary>
    private const double Margin = 0.85;

    /// <summary>How full the queue must be before shares count.</summary>
    private const double Contended = 0.5;

    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, TenantPlace> _tenants = [];

    /// <summary>Requests let in and not answered.</summary>
    public long Outstanding { get; private set; }

    /// <summary>Decides, and counts the request in where it is admitted.</summary>
    /// <param name="capacity">What serves the model.</param>
    /// <param name="tenant">Who asks.</param>
    /// <param name="weight">Its weight, &gt; 0.</param>
    /// <param name="timeout">Time until the deadline; zero for none.</param>
    /// <param name="now">The node's clock.</param>
    public GateDecision TryEnter(in ServiceCapacity capacity, string tenant, double weight, TimeSpan timeout, TimeSpan now)
    {
        lock (_lock)
        {
            double wait = capacity.RowsPerSecond > 0 ? Math.Max(Outstanding / capacity.RowsPerSecond, capacity.WaitSeconds) : 0;
            double predicted = wait + capacity.OwnSeconds;
            // As many as are answered before the deadline.
            double room = timeout > TimeSpan.Zero && capacity.RowsPerSecond > 0
                ? Math.Min(capacity.MaxOutstanding, Math.Max(1, ((timeout.TotalSeconds * Margin) - capacity.OwnSeconds) * capacity.RowsPerSecond))
                : capacity.MaxOutstanding;
            TenantPlace place = Place(tenant, weight, now);
            double oneMore = capacity.RowsPerSecond > 0 ? 1 / capacity.RowsPerSecond : 0;
            if (Outstanding >= capacity.MaxOutstanding || (timeout > TimeSpan.Zero && predicted > timeout.TotalSeconds * Margin && Outstanding > 0))
            {
                return new GateDecision(GateVerdict.Overloaded, predicted, Math.Max(oneMore, predicted - (timeout.TotalSeconds * Margin * Contended)));
            }

            double share = Share(place, now);
            if (Outstanding >= room * Contended && place.Outstanding + 1 > Math.Max(1, room * share))
            {
                // A tenant alone has all of it: then it is simply full.
                return new GateDecision(share < 1 ? GateVerdict.OverShare : GateVerdict.Overloaded, predicted, Math.Max(oneMore, wait * Contended));
            }

            place.Outstanding++;
            Outstanding++;
            return new GateDecision(GateVerdict.Admit, predicted, 0);
        }
    }

    /// <summary>Counts an admitted request out.</summary>
    public void Leave(string tenant)
    {
        lock (_lock)
        {
            Outstanding--;
            if (_tenants.TryGetValue(tenant, out TenantPlace? place)) place.Outstanding--;
        }
    }

    private TenantPlace Place(string tenant, double weight, TimeSpan now)
    {
        if (!_tenants.TryGetValue(tenant, out TenantPlace? place))
        {
            // Names are the callers': those that are gone make room before the next is remembered.
            if (_tenants.Count >= 64) Forget(now);
            _tenants.Add(tenant, place = new TenantPlace());
        }

        (place.Weight, place.SeenAt) = (weight, now);
        return place;
    }

    private double Share(TenantPlace place, TimeSpan now)
    {
        double active = 0;
        foreach (TenantPlace other in _tenants.Values)
        {
            if (other.Outstanding > 0 || now - other.SeenAt < Recent) active += other.Weight;
        }

        return place.Weight / active;
    }

    private void Forget(TimeSpan now)
    {
        foreach (string gone in _tenants.Where(tenant => tenant.Value.Outstanding == 0 && now - tenant.Value.SeenAt >= Recent).Select(tenant => tenant.Key).ToArray()) _tenants.Remove(gone);
    }

    private sealed class TenantPlace
    {
        public long Outstanding { get; set; }

        public double Weight { get; set; }

        public TimeSpan SeenAt { get; set; }
    }
}
