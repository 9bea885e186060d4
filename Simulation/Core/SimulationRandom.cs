namespace OrleansInference.Simulation.Core;

/// <summary>
/// Random numbers that are the same on every machine and runtime: xoshiro256** (Blackman, Vigna 2018), seeded through
/// SplitMix64. Not thread-safe.
/// </summary>
public sealed class SimulationRandom
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;
    private double _spare = double.NaN;

    /// <summary>
    /// Creates the stream of <paramref name="seed"/>; streams of one seed and different numbers are independent.
    /// </summary>
    public SimulationRandom(long seed, int stream = 0)
    {
        ulong state = unchecked((ulong)seed + (0xD1342543DE82EF95 * (ulong)(stream + 1)));
        _a = Mix(ref state);
        _b = Mix(ref state);
        _c = Mix(ref state);
        _d = Mix(ref state);
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        ulong result = ulong.RotateLeft(_b * 5, 7) * 9;
        ulong t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = ulong.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, <paramref name="count"/>).</summary>
    public int Next(int count) => (int)(NextDouble() * count);

    /// <summary>Exponential of mean <paramref name="mean"/>.</summary>
    public double Exponential(double mean) => -Math.Log(1 - NextDouble()) * mean;

    /// <summary>Standard normal (Box and Muller 1958).</summary>
    public double Normal()
    {
        if (!double.IsNaN(_spare))
        {
            double spare = _spare;
            _spare = double.NaN;
            return spare;
        }

        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        double angle = 2 * Math.PI * NextDouble();
        _spare = radius * Math.Sin(angle);
        return radius * Math.Cos(angle);
    }

    /// <summary>Log-normal of mean 1 and the given coefficient of variation.</summary>
    public double Noise(double variation)
    {
        if (variation <= 0)
        {
            return 1;
        }
        double s2 = Math.Log(1 + (variation * variation));
        return Math.Exp((Math.Sqrt(s2) * Normal()) - (s2 / 2));
    }

    private static ulong Mix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
