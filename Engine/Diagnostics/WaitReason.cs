using System.Globalization;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine.Diagnostics;

/// <summary>Says in a sentence where a request's time went. Pure.</summary>
internal static class WaitReason
{
    /// <summary>The sentence.</summary>
    public static string Explain(in RequestLog.Entry entry)
    {
        if (entry.Outcome != InferenceError.None)
        {
            return entry.Message;
        }
        InferenceTimings timings = entry.Timings;
        TimeSpan compute = timings.ComputeInput + timings.ComputeInfer + timings.ComputeOutput;
        if (timings.Load > timings.Queue && timings.Load > compute)
        {
            return $"its model was not in memory: loading it took {Ms(timings.Load)}";
        }
        if (timings.Queue > compute)
        {
            return $"it waited {Ms(timings.Queue)}: {Wait(entry)}";
        }
        if (timings.ComputeOutput > compute / 2)
        {
            return $"its run was over after {Ms(timings.ComputeInput + timings.ComputeInfer)}, its answer "
                + $"came {Ms(timings.ComputeOutput)} later: the {timings.BatchRows} rows of a batch are "
                + $"answered one after the other";
        }
        return timings.BatchRows > entry.Rows
            ? $"the run itself took {Ms(compute)}, in a batch of {timings.BatchRows} rows of which "
                + $"{entry.Rows} were its own"
            : $"the run itself took {Ms(compute)}";
    }

    private static string Wait(in RequestLog.Entry entry)
    {
        if (entry.RunsUnderWay >= entry.Concurrency)
        {
            return entry.RowsAhead > 0
                ? $"{entry.RunsUnderWay} of {entry.Concurrency} instances were busy and {entry.RowsAhead} "
                    + $"rows stood in the queue"
                : $"{entry.RunsUnderWay} of {entry.Concurrency} instances were busy";
        }

        if (entry.MaxDelay > TimeSpan.Zero)
        {
            return $"for a fuller batch, as its configuration allows for up to {Ms(entry.MaxDelay)}";
        }
        return entry.RowsAhead > 0 ? $"{entry.RowsAhead} rows stood in the queue" : "for a thread to run on";
    }

    private static string Ms(TimeSpan duration) =>
        duration.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture) + " ms";
}
