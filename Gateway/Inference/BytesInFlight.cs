using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>Bytes of request bodies held at once, over all requests.</summary>
internal sealed class BytesInFlight(IOptions<GatewayOptions> options)
{
    private readonly long _limit = options.Value.MaxBytesInFlight;
    private long _bytes;

    /// <summary>Bytes held.</summary>
    public long Current => Interlocked.Read(ref _bytes);

    /// <summary>Counts a body of <paramref name="bytes"/> in; <see cref="Remove"/> counts it out.</summary>
    /// <exception cref="InferenceException">It does not fit.</exception>
    public void Add(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= _limit)
        {
            return;
        }
        Interlocked.Add(ref _bytes, -bytes);
        throw new InferenceException(
            InferenceError.ResourceExhausted,
            $"the server holds {Current} of at most {_limit} bytes of requests "
                + $"(Gateway:MaxBytesInFlight); try again later"
        );
    }

    /// <summary>Counts a body out.</summary>
    public void Remove(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}
