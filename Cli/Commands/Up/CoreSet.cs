namespace OrleansInference.Cli.Commands.Up;

/// <summary>The processor cores of one silo.</summary>
/// <param name="First">The lowest.</param>
/// <param name="Count">How many, ≥ 1.</param>
internal readonly record struct CoreSet(int First, int Count)
{
    /// <summary>Cores beyond which an affinity mask does not reach.</summary>
    private const int MaskBits = 64;

    /// <summary>Its bits; 0 where the silo is to have all of them.</summary>
    public long Mask => Count == 0 ? 0 : (Count == MaskBits ? -1L : (1L << Count) - 1) << First;

    /// <summary>
    /// Divides the machine's cores so that no two silos share one; where there are fewer cores than silos, all share
    /// all.
    /// </summary>
    public static CoreSet[] Divide(int cores, int silos)
    {
        int usable = Math.Min(cores, MaskBits);
        if (usable < silos)
        {
            return new CoreSet[silos];
        }
        // The remainder goes to the first ones.
        CoreSet[] sets = new CoreSet[silos];
        for (int i = 0, next = 0; i < silos; i++)
        {
            int count = (usable / silos) + (i < usable % silos ? 1 : 0);
            sets[i] = new CoreSet(next, count);
            next += count;
        }

        return sets;
    }
}
