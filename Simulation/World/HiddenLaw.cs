using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.World;

/// <summary>
/// A law that no agent here assumes, for judging them. Rows get cheaper as a power below 1 until a working set falls
/// out of the cache. Co-runners hurt by a saturating power of their pressure and by the number of rows. A few runs are
/// slow for no reason at all.
/// </summary>
/// <param name="Strength">Strength of interference.</param>
public sealed record HiddenLaw(double Strength = 0.45) : IServiceLaw
{
    private const double RowPower = 0.93;
    private const int CacheRows = 24;
    private const double CachePenalty = 0.18;
    private const double Variation = 0.12;
    private const double SlowShare = 0.01;
    private const double SlowFactor = 2.2;

    /// <inheritdoc />
    public double Seconds(
        WorldModel model,
        WorldNode node,
        int rows,
        int threads,
        double pressure,
        double crowding,
        SimulationRandom random
    )
    {
        double work =
            Math.Pow(rows, RowPower) * (rows > CacheRows ? 1 + (CachePenalty * (1 - ((double)CacheRows / rows))) : 1);
        double alone = model.Cost.Seconds(work) / node.Speed;
        double parallel = threads <= 1 ? 1 : model.SerialPart + ((1 - model.SerialPart) / Math.Pow(threads, 0.85));
        double push = Math.Pow(pressure, 1.4);
        double interference =
            1 + (Strength * 1.6 * model.Intensity * push / (1 + (0.35 * push)) * (1 + (0.1 * Math.Log2(rows))));
        double slow = random.NextDouble() < SlowShare ? SlowFactor : 1;
        return alone * parallel * interference * Math.Pow(Math.Max(1, crowding), 1.1) * random.Noise(Variation) * slow;
    }
}
