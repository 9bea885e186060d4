using System.Diagnostics.Metrics;

namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>
/// How long each answered request took, told to whoever listens: in microseconds, with the tags <c>model</c> and
/// <c>version</c>. Without a listener it costs nothing.
/// </summary>
public static class LatencyMeter
{
    /// <summary>The meter's name, to subscribe to.</summary>
    public const string Name = "OrleansInference.Latency";

    /// <summary>The instrument of whole requests, from arrival to answer; the others are parts of it.</summary>
    public const string RequestName = "request";

    private static readonly Meter Source = new(Name);
    private static readonly Histogram<double> Request = Create(RequestName);
    private static readonly Histogram<double> Queue = Create("queue");
    private static readonly Histogram<double> ComputeInput = Create("compute_input");
    private static readonly Histogram<double> ComputeInfer = Create("compute_infer");
    private static readonly Histogram<double> ComputeOutput = Create("compute_output");

    /// <summary>A request was answered well.</summary>
    public static void Record(string model, string version, TimeSpan elapsed, in InferenceTimings timings)
    {
        if (!Request.Enabled)
        {
            return;
        }
        KeyValuePair<string, object?> modelTag = new("model", model);
        KeyValuePair<string, object?> versionTag = new("version", version);
        Request.Record(elapsed.TotalMicroseconds, modelTag, versionTag);
        Queue.Record((timings.Queue + timings.Load).TotalMicroseconds, modelTag, versionTag);
        ComputeInput.Record(timings.ComputeInput.TotalMicroseconds, modelTag, versionTag);
        ComputeInfer.Record(timings.ComputeInfer.TotalMicroseconds, modelTag, versionTag);
        ComputeOutput.Record(timings.ComputeOutput.TotalMicroseconds, modelTag, versionTag);
    }

    private static Histogram<double> Create(string name) => Source.CreateHistogram<double>(name, "us");
}
