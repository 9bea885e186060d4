using OrleansInference.Agent.Prediction;
using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.World;

/// <summary>Runs take what was measured or is believed, for each pair of model and node.</summary>
/// <param name="services">By the models' indices, then by the nodes'.</param>
/// <param name="parallelism">By the nodes' indices: runs side by side that do not slow each other down; null for the
/// nodes' cores.</param>
public sealed class MeasuredLaw(ServiceModel[][] services, double[]? parallelism = null) : IServiceLaw
{
    /// <summary>The 95th percentile of a normal distribution lies so many standard deviations above its mean.</summary>
    private const double Quantile95 = 1.645;

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
        ref ServiceModel service = ref services[model.Index][node.Index];
        double parallel = threads <= 1 ? 1 : model.SerialPart + ((1 - model.SerialPart) / threads);
        double side = parallelism is null ? crowding : crowding * node.Cores / parallelism[node.Index];
        return service.Seconds(rows, pressure)
            * parallel
            * Math.Max(1, side)
            * random.Noise((service.P95Factor - 1) / Quantile95);
    }
}
