using System.Buffers;
using System.Text;
using System.Text.Json;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>One request that is being traced.</summary>
internal sealed class TraceSample(
    TraceRecorder recorder,
    long id,
    string model,
    string protocol,
    long received,
    long frequency,
    bool timestamps,
    bool tensors
)
{
    /// <summary>
    /// Writes the begin and end of each step, computed back from now by the timings, and the outputs.
    /// </summary>
    public void End(InferenceAnswer response)
    {
        List<string> entries =
        [
            JsonSerializer.Serialize(
                new
                {
                    id,
                    model_name = model,
                    model_version = response.ModelVersion,
                    request_id = response.Id,
                }
            ),
        ];
        if (timestamps)
        {
            entries.Add(Steps(response.Timings));
        }
        if (tensors)
        {
            entries.AddRange(response.Outputs.Where(TensorJsonWriter.CanWrite).Select(Tensor));
        }
        recorder.Write(string.Join(',', entries), frequency);
    }

    private string Steps(InferenceTimings timings)
    {
        long sent = recorder.Now;
        long outputStart = sent - Nanoseconds(timings.ComputeOutput);
        long inputEnd = outputStart - Nanoseconds(timings.ComputeInfer);
        long computeStart = inputEnd - Nanoseconds(timings.ComputeInput);
        long queueStart = computeStart - Nanoseconds(timings.Queue);
        return JsonSerializer.Serialize(
            new
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
                    Step("COMPUTE_END", sent),
                    Step("REQUEST_END", sent),
                    Step($"{protocol}_SEND_START", sent),
                },
            }
        );
    }

    private string Tensor(Tensor output)
    {
        ArrayBufferWriter<byte> data = new();
        using (Utf8JsonWriter json = new(data))
        {
            TensorJsonWriter.Write(json, output);
        }
        return JsonSerializer.Serialize(
            new
            {
                id,
                activity = "TENSOR_BACKEND_OUTPUT",
                tensor = new
                {
                    name = output.Name,
                    data = Encoding.UTF8.GetString(data.WrittenSpan).Trim('[', ']'),
                    shape = string.Join(',', output.Shape.ToArray()),
                    dtype = output.Datatype.WireName(),
                },
            }
        );
    }

    private static object Step(string name, long ns) => new { name, ns };

    private static long Nanoseconds(TimeSpan duration) => duration.Ticks * 100;
}
