using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Scheduling.Batching;

/// <summary>Decides the next batch. Pure: the silo and the simulator call the same function.</summary>
public static class BatchPolicy
{
    /// <summary>
    /// A run this short delays nobody noticeably, and larger batches save the server's own cost per run, which the
    /// model's cost does not show.
    /// </summary>
    private const double HarmlessSeconds = 0.002;

    /// <summary>
    /// What it costs to hand a request to another thread and to put it into a batch with others: two task switches, a
    /// wake-up, and copies. Measured at 20 to 60 µs of CPU by the load and the machine.
    /// </summary>
    private const double HandoverSeconds = 50e-6;

    /// <summary>
    /// Beyond the size at which the fixed part of a run is this share of it, batching only adds latency.
    /// </summary>
    private const double FixedShare = 0.05;

    /// <summary>
    /// How many rows to run now, or how long to wait. Work-conserving unless the limits allow a delay: then the head
    /// waits for enough rows or a full batch. It never waits past its delay, nor past the last moment at which a
    /// full batch still meets its deadline.
    /// </summary>
    public static BatchDecision Decide(in QueueView queue, TimeSpan now, BatchLimits limits, BatchCost cost)
    {
        if (queue.Rows == 0)
        {
            return new BatchDecision(0, TimeSpan.MaxValue);
        }
        int cap = Cap(limits, cost);
        int size = (int)Math.Min(queue.Rows, cap);
        bool isEnough = size == cap || (limits.EnoughRows > 0 && size >= limits.EnoughRows);
        if (isEnough || limits.MaxDelay <= TimeSpan.Zero)
        {
            return new BatchDecision(size, TimeSpan.Zero);
        }
        return Wait(queue.HeadArrival, queue.HeadDeadline, size, now, limits, cost);
    }

    /// <summary>
    /// The same where the operator named preferred sizes: what waits runs at the largest that whole requests add up to.
    /// Where there is none it waits out its delay, and then runs as many as fit a batch.
    /// </summary>
    public static BatchDecision Decide(
        in QueueView queue,
        in PreferredFill fill,
        TimeSpan now,
        BatchLimits limits,
        BatchCost cost
    )
    {
        bool mayWait = limits.MaxDelay > TimeSpan.Zero;
        bool isDelayOver = mayWait && fill.FirstArrival + limits.MaxDelay <= now;
        if (fill.Best > 0 && !isDelayOver)
        {
            return new BatchDecision(fill.Best, TimeSpan.Zero);
        }
        if (fill.IsFull || !mayWait)
        {
            return new BatchDecision(fill.Rows, TimeSpan.Zero);
        }
        return Wait(fill.FirstArrival, queue.HeadDeadline, fill.Rows, now, limits, cost);
    }

    private static BatchDecision Wait(
        TimeSpan arrival,
        TimeSpan deadline,
        int size,
        TimeSpan now,
        BatchLimits limits,
        BatchCost cost
    )
    {
        TimeSpan until = arrival + limits.MaxDelay;
        if (deadline != TimeSpan.MaxValue)
        {
            TimeSpan last = deadline - TimeSpan.FromSeconds(cost.Seconds(Cap(limits, cost)));
            if (last < until)
            {
                until = last;
            }
        }
        return until <= now ? new BatchDecision(size, TimeSpan.Zero) : new BatchDecision(0, until - now);
    }

    /// <summary>
    /// The largest batch worth running. Where the operator asked for batching: the maximum. Otherwise the larger of two
    /// sizes: the one that still runs in 2 ms, and the one at which the fixed part of a run is 5 %. An MLP, whose
    /// weights are read once a run, fills up; a CNN, whose rows cost the same alone, is not delayed.
    /// </summary>
    public static int Cap(BatchLimits limits, BatchCost cost)
    {
        if (limits.RowLimit > 0)
        {
            return Math.Min(limits.RowLimit, limits.MaxRows);
        }
        return limits.FillToMax ? limits.MaxRows : (int)Math.Clamp(Worthwhile(cost), 1, limits.MaxRows);
    }

    /// <summary>
    /// Rows beyond which batching only adds latency, by the measured cost alone; infinite where none is measured or
    /// rows cost nothing.
    /// </summary>
    public static double Worthwhile(BatchCost cost)
    {
        if (!cost.IsKnown || cost.SecondsPerRow <= 0)
        {
            return double.PositiveInfinity;
        }
        double harmless = cost.RowsWithin(HarmlessSeconds);
        double efficient = cost.BaseSeconds * (1 - FixedShare) / FixedShare / cost.SecondsPerRow;
        return Math.Max(harmless, Math.Ceiling(efficient));
    }

    /// <summary>Whether every run up to the largest worth running is as good as over when it starts.</summary>
    public static bool IsShort(BatchLimits limits, BatchCost cost) =>
        cost.IsKnown && cost.Seconds(Cap(limits, cost)) <= HarmlessSeconds * (1 + FixedShare);

    /// <summary>
    /// Whether a request is better run by the thread that brought it, as soon as a turn is free, than handed over: runs
    /// are short, nothing is to wait for company, and company would save less than the handover costs.
    /// </summary>
    public static bool IsBestAtOnce(BatchLimits limits, BatchCost cost) =>
        limits.MaxDelay <= TimeSpan.Zero && cost.BaseSeconds <= HandoverSeconds && IsShort(limits, cost);
}
