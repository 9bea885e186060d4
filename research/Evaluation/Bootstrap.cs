using OrleansInference.Simulation.Core;

namespace OrleansInference.Research.Evaluation;

/// <summary>Intervals of means by resampling (Efron 1979).</summary>
public static class Bootstrap
{
    /// <summary>The mean and its 95 % interval.</summary>
    /// <param name="values">Independent values, paired differences for instance; at least one.</param>
    /// <param name="seed">Seed of the resampling.</param>
    public static (double Mean, double Low, double High) Mean(IReadOnlyList<double> values, long seed = 1)
    {
        ArgumentNullException.ThrowIfNull(values);
        const int samples = 4000;
        SimulationRandom random = new(seed);
        double[] means = new double[samples];
        for (int s = 0; s < samples; s++)
        {
            double sum = 0;
            for (int i = 0; i < values.Count; i++)
            {
                sum += values[random.Next(values.Count)];
            }
            means[s] = sum / values.Count;
        }

        Array.Sort(means);
        return (values.Average(), means[samples * 25 / 1000], means[(samples * 975 / 1000) - 1]);
    }
}
