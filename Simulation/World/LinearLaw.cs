using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.World;

/// <summary>
/// The law that the agent assumes: the model's cost ÷ speed, Amdahl's law for threads, and a slowdown in
/// proportion to the co-runners' pressure, with log-normal noise.
/// </summary>
/// <param name="Interference">Slowdown by a pressure of 1 on a model of intensity 1, ≥ 0.</param>
/// <param name="Variation">Coefficient of variation of the noise, ≥ 0.</param>
public sealed record LinearLaw(double Interference = 0, double Variation = 0) : IServiceLaw
{
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
        double alone = model.Cost.Seconds(rows) / node.Speed;
        double parallel = threads <= 1 ? 1 : model.SerialPart + ((1 - model.SerialPart) / threads);
        return alone
            * parallel
            * (1 + (Interference * model.Intensity * pressure))
            * Math.Max(1, crowding)
            * random.Noise(Variation);
    }
}
