using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.World;

/// <summary>How long runs take in a world.</summary>
public interface IServiceLaw
{
    /// <summary>Seconds of one run.</summary>
    /// <param name="model">What runs.</param>
    /// <param name="node">Where.</param>
    /// <param name="rows">Its rows, ≥ 1.</param>
    /// <param name="threads">Its intra-op threads, ≥ 1.</param>
    /// <param name="pressure">Sum of the intensities of the other runs under way on the node.</param>
    /// <param name="crowding">Threads under way, this run's included, ÷ cores; above 1 they share the cores.</param>
    /// <param name="random">Numbers for noise.</param>
    double Seconds(
        WorldModel model,
        WorldNode node,
        int rows,
        int threads,
        double pressure,
        double crowding,
        SimulationRandom random
    );
}
