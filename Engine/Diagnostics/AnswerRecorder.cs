using System.Diagnostics;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Diagnostics;

/// <summary>Writes what became of a replica's requests into its statistics, the request log and traces.</summary>
internal sealed class AnswerRecorder(
    string model,
    string version,
    ReplicaStatistics statistics,
    RequestLog log,
    EngineClock clock
)
{
    /// <summary>Counts and remembers a request before its caller can see the answer (step 16).</summary>
    public void RecordAnswer(QueuedInference request, InferenceAnswer response, BatchLimits limits, QueuePolicy policy)
    {
        if (!request.Request.IsProbe)
        {
            Write(request, response, limits, policy);
        }
        if (request.Activity is { } activity)
        {
            End(activity, response);
        }
    }

    private void Write(QueuedInference request, InferenceAnswer response, BatchLimits limits, QueuePolicy policy)
    {
        TimeSpan elapsed = clock.Now - request.Arrival;
        double slo = policy.SloOf(request.Request);
        if (response.Error == InferenceError.None)
        {
            LatencyMeter.Record(model, version, elapsed, response.Timings);
        }
        statistics.AddAnswer(
            response.Error,
            request.Rows,
            elapsed,
            response.Timings,
            isLate: elapsed.TotalMilliseconds > slo,
            Bytes(request, response),
            request.Request.Background
        );
        log.Add(
            new RequestLog.Entry
            {
                Id = request.Request.Id,
                ModelName = model,
                ModelVersion = version,
                Elapsed = elapsed,
                Outcome = response.Error,
                Message = response.ErrorMessage,
                Rows = request.Rows,
                Timings = response.Timings,
                RowsAhead = request.RowsAhead,
                RunsUnderWay = request.RunsUnderWay,
                Concurrency = limits.Concurrency,
                MaxDelay = limits.MaxDelay,
            }
        );
    }

    /// <summary>A request was refused before it could queue.</summary>
    public void RecordRefusal(InferenceCall request, InferenceError error, string message)
    {
        if (request.IsProbe)
        {
            return;
        }
        statistics.AddAnswer(error, 0, TimeSpan.Zero, default, isLate: false, bytes: 0, request.Background);
        log.Add(
            new RequestLog.Entry
            {
                Id = request.Id,
                ModelName = model,
                ModelVersion = version,
                Outcome = error,
                Message = message,
            }
        );
    }

    private static long Bytes(QueuedInference request, InferenceAnswer response)
    {
        long bytes = 0;
        foreach (Tensor? input in request.Inputs)
        {
            bytes += input?.ByteLength ?? 0;
        }
        foreach (Tensor output in response.Outputs)
        {
            bytes += output.ByteLength;
        }
        return bytes;
    }

    private static void End(Activity activity, InferenceAnswer response)
    {
        if (response.Error != InferenceError.None)
        {
            activity.SetStatus(ActivityStatusCode.Error, response.ErrorMessage);
        }
        activity
            .SetTag("queue_us", response.Timings.Queue.TotalMicroseconds)
            .SetTag("batch_rows", response.Timings.BatchRows);
        // Ending a span makes its predecessor the current one, on a thread that may be in the middle of another.
        Activity? current = Activity.Current;
        activity.Stop();
        Activity.Current = current;
    }
}
