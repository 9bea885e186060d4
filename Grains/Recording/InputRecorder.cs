using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Recording;

/// <summary>
/// Copies the inputs of a share of the requests, where the operator asked for it, until <see cref="TelemetryRecorder"/>
/// writes them. Thread-safe.
/// </summary>
internal sealed class InputRecorder(IOptions<RecordingOptions> options, TimeProvider time)
{
    private const long MostBytes = 16 << 20;

    private readonly bool _isOn = options.Value.Inputs && options.Value.Folder.Length > 0;
    private readonly Lock _lock = new();
    private List<RecordedInput> _inputs = [];
    private long _bytes;
    private long _number;

    /// <summary>Copies a request's inputs, if it is one of the share and there is room.</summary>
    public void Record(InferenceCall request)
    {
        if (!_isOn || request.IsProbe)
        {
            return;
        }
        if (!EvenSample.Includes(Interlocked.Increment(ref _number), options.Value.InputShare))
        {
            return;
        }
        long bytes = request.Inputs.Sum(input => (long)input.ByteLength);
        double at = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        lock (_lock)
        {
            if (_bytes + bytes > MostBytes)
            {
                return;
            }
            _bytes += bytes;
            foreach (Tensor input in request.Inputs)
            {
                _inputs.Add(
                    new RecordedInput
                    {
                        At = at,
                        Model = request.ModelName,
                        Name = input.Name,
                        Datatype = input.Datatype.ToString().ToUpperInvariant(),
                        Shape = string.Join(',', input.Shape.ToArray()),
                        Data = input.Data.ToArray(),
                    }
                );
            }
        }
    }

    /// <summary>Returns what was copied since the last call, and keeps none of it.</summary>
    public List<RecordedInput> Drain()
    {
        lock (_lock)
        {
            List<RecordedInput> taken = _inputs;
            _inputs = [];
            _bytes = 0;
            return taken;
        }
    }
}
