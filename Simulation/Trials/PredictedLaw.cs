using OrleansInference.Agent.Prediction;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Trials;

/// <summary>Runs take what the predictor believes, for each pair of model and node.</summary>
internal sealed class PredictedLaw(PredictedCluster cluster) : IServiceLaw
{
    private readonly ServiceModel[][] _services = [.. cluster.Models.Select(model => model.Service.ToArray())];

    /// <inheritdoc />
    public double Seconds(WorldModel model, WorldNode node, int rows, int threads, double pressure, double crowding, SimulationRandom random)
    {
        ref ServiceModel service = ref _services[model.Index][node.Index];
        double parallel = threads <= 1 ? 1 : model.SerialPart + ((1 - model.SerialPart) / threads);
        // A 95th percentile of 1.2 times the mean is a coefficient of variation of 0.12.
        return service.Seconds(rows, pressure) * parallel * Math.Max(1, crowding) * random.Noise((service.P95Factor - 1) / 1.645);
    }
}
