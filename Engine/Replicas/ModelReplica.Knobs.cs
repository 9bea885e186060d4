using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Replicas;

/// <content>How it runs, changed while it serves.</content>
public sealed partial class ModelReplica
{
    /// <summary>The configured limits, which unset knobs go back to.</summary>
    private BatchLimits _configured;

    /// <summary>How it runs now, every setting filled in; a cap of 0 rows leaves the size of a batch to the measured cost.</summary>
    public ReplicaKnobs Knobs
    {
        get
        {
            BatchLimits limits = Limits;
            return new ReplicaKnobs { Threads = Threads, Instances = limits.Concurrency, MaxRows = limits.RowLimit, DelayMs = limits.MaxDelay.TotalMilliseconds, Variant = Variants.Count == 0 ? null : Variant };
        }
    }

    /// <summary>Takes over everything but the threads; unset knobs mean what is configured.</summary>
    /// <param name="knobs">The knobs.</param>
    /// <param name="engineThreads">Threads that batches run on: no more run at once.</param>
    internal void SetLimits(in ReplicaKnobs knobs, int engineThreads)
    {
        int natural = Math.Max(1, _configured.Concurrency / Math.Max(1, Threads));
        BatchLimits limits = _configured with
        {
            // A sequence's state lives in a numbered slot of an instance: their number is fixed with the session.
            Concurrency = Sequences is not null ? _configured.Concurrency : knobs.Instances > 0 ? Math.Clamp(knobs.Instances, 1, Math.Max(1, engineThreads)) : natural,
            RowLimit = knobs.MaxRows > 0 ? Math.Min(knobs.MaxRows, _configured.MaxRows) : 0,
            MaxDelay = knobs.DelayMs >= 0 ? TimeSpan.FromMilliseconds(Math.Min(knobs.DelayMs, 10_000)) : _configured.MaxDelay,
        };
        if (limits != Limits) Limits = limits;
    }
}
