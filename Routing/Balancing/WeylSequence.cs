namespace OrleansInference.Routing.Balancing;

/// <summary>
/// Numbers in [0, 1) that fill the interval evenly: multiples of the golden ratio modulo 1 (Weyl). Over n picks each
/// share is met within about one pick, where independent numbers would miss it by √n. Thread-safe.
/// </summary>
public sealed class WeylSequence(double start = 0)
{
    // 2⁶⁴ divided by the golden ratio. It is odd, so that every state comes once before any comes twice.
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state = (ulong)(start * ulong.MaxValue);

    /// <summary>The next number.</summary>
    // Of 64 bits a double holds 53.
    public double Next() => (Interlocked.Add(ref _state, Step) >> 11) * (1.0 / (1UL << 53));
}
