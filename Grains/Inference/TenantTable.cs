using System.Collections.Concurrent;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Admission;

namespace OrleansInference.Grains.Inference;

/// <summary>Tenants, their quotas and counts. Thread-safe.</summary>
internal sealed class TenantTable
{
    /// <summary>
    /// Names are the callers' where there are no keys: beyond this many, further ones share an entry.
    /// </summary>
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, Entry> _tenants = new();

    // The dictionary's own count takes all of its locks.
    private int _kept;

    /// <summary>A tenant's entry.</summary>
    public Entry Of(string tenant) => _tenants.TryGetValue(tenant, out Entry? entry) ? entry : Add(tenant);

    /// <summary>All of them, by name.</summary>
    public IReadOnlyList<TenantStatistics> Read() =>
        [.. _tenants.Values.Select(entry => entry.Read()).OrderBy(tenant => tenant.Tenant, StringComparer.Ordinal)];

    private Entry Add(string tenant)
    {
        string name = Volatile.Read(ref _kept) < Most ? tenant : "(others)";
        if (_tenants.TryGetValue(name, out Entry? known))
        {
            return known;
        }
        Entry added = new(name);
        if (!_tenants.TryAdd(name, added))
        {
            // Another request was first. None is ever removed.
            return _tenants[name];
        }
        Interlocked.Increment(ref _kept);
        return added;
    }

    /// <summary>One tenant.</summary>
    internal sealed class Entry(string name)
    {
        private readonly Lock _lock = new();
        private TokenBucket? _bucket;
        private long _admitted;
        private long _overQuota;
        private long _overShare;
        private long _overloaded;
        private long _outstanding;

        /// <summary>Its name.</summary>
        public string Name => name;

        /// <summary>Takes one request off the quota.</summary>
        public bool TryTake(double quotaPerSecond, TimeSpan now, out double retryAfterSeconds)
        {
            retryAfterSeconds = 0;
            if (quotaPerSecond <= 0)
            {
                return true;
            }
            lock (_lock)
            {
                if (_bucket?.PerSecond != quotaPerSecond)
                {
                    _bucket = new TokenBucket(quotaPerSecond, now);
                }
                if (_bucket.TryTake(now, out retryAfterSeconds))
                {
                    return true;
                }
            }

            Interlocked.Increment(ref _overQuota);
            return false;
        }

        /// <summary>Counts a decision.</summary>
        public void Count(GateVerdict verdict)
        {
            if (verdict == GateVerdict.OverShare)
            {
                Interlocked.Increment(ref _overShare);
            }
            else if (verdict == GateVerdict.Overloaded)
            {
                Interlocked.Increment(ref _overloaded);
            }
        }

        /// <summary>Counts a request in, until the ticket is disposed.</summary>
        /// <param name="gate">The gate of its model; null where no capacity is known.</param>
        /// <param name="found">What is known of its model.</param>
        public AdmissionTicket Enter(ModelGate? gate, in ModelLookup found)
        {
            Interlocked.Increment(ref _admitted);
            Interlocked.Increment(ref _outstanding);
            return new TenantTicket(this, gate, found);
        }

        /// <summary>Counts a request out.</summary>
        public void Leave(ModelGate? gate)
        {
            Interlocked.Decrement(ref _outstanding);
            gate?.Leave(name);
        }

        /// <summary>Its counts.</summary>
        public TenantStatistics Read() =>
            new(
                name,
                Interlocked.Read(ref _admitted),
                Interlocked.Read(ref _overQuota),
                Interlocked.Read(ref _overShare),
                Interlocked.Read(ref _overloaded),
                Interlocked.Read(ref _outstanding)
            );
    }
}
