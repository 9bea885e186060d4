using System.Text.Json;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Settings;

/// <summary>One request that is being traced.</summary>
internal sealed class TraceSample(TraceRecorder recorder, long id, string model, string protocol, long received, long frequency)
{
    /// <summary>Writes when each of its steps began and ended, counted back from now by its timings.</summary>
    public void End(InferenceResponse response)
    {
        long sent = recorder.Now;
        InferenceTimings timings = response.Timings;
        long outputEnd = sent, outputStart = outputEnd - Nanoseconds(timings.ComputeOutput), inputEnd = outputStart - Nanoseconds(timings.ComputeInfer);
        long computeStart = inputEnd - Nanoseconds(timings.ComputeInput), queueStart = computeStart - Nanoseconds(timings.Queue);
        string about = JsonSerializer.Serialize(new { id, model_name = model, model_version = response.ModelVersion, request_id = response.Id });
        string steps = JsonSerializer.Serialize(new
        {
            id,
            timestamps = new[]
            {
                Step($"{protocol}_RECV_START", received),
                Step("REQUEST_START", queueStart),
                Step("QUEUE_START", queueStart),
                Step("COMPUTE_START", computeStart),
                Step("COMPUTE_INPUT_END", inputEnd),
                Step("COMPUTE_OUTPUT_START", outputStart),
                Step("COMPUTE_END", outputEnd),
                Step("REQUEST_END", outputEnd),
                Step($"{protocol}_SEND_START", sent),
            },
        });
        recorder.Write(about + "," + steps, frequency);
    }

    private static object Step(string name, long ns) => new { name, ns };

    private static long Nanoseconds(TimeSpan duration) => duration.Ticks * 100;
}
