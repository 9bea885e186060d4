using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Replicas;

/// <content>How it runs, changed while it serves.</content>
public sealed partial class ModelReplica
{
    /// <summary>The configured limits, which unset knobs go back to.</summary>
    private BatchLimits _configured;

    /// <summary>
    /// How it runs now, every setting filled in; a cap of 0 rows leaves the size of a batch to the measured cost.
    /// </summary>
    public ReplicaKnobs Knobs
    {
        get
        {
            BatchLimits limits = Limits;
            return new ReplicaKnobs
            {
                Threads = Threads,
                Instances = limits.Concurrency,
                MaxRows = limits.RowLimit,
                DelayMs = limits.MaxDelay.TotalMilliseconds,
                Variant = Variants.Count == 0 ? null : Variant,
            };
        }
    }

    /// <summary>Takes over everything but the threads; unset knobs mean what is configured.</summary>
    /// <param name="knobs">The knobs.</param>
    /// <param name="engineThreads">Threads that batches run on: no more run at once.</param>
    internal void SetLimits(in ReplicaKnobs knobs, int engineThreads)
    {
        BatchLimits limits = _configured.With(knobs, Threads, engineThreads);
        // A sequence's state lives in a numbered slot of an instance: their number is fixed with the session.
        if (Sequences is not null)
        {
            limits = limits with { Concurrency = _configured.Concurrency };
        }
        if (limits != Limits)
        {
            Limits = limits;
        }
    }
}
