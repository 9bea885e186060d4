using System.Collections.Concurrent;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Policy;
using OrleansInference.Simulation.Cluster;

namespace OrleansInference.Training.Agents;

/// <summary>
/// Groups of rollouts on one trace: the default once, the exploring policy a few times. A step's reward is what its
/// node avoided against the default in the same half seconds. So the trace's own ups and downs cancel out.
/// </summary>
internal static class KnobRollouts
{
    private const int Group = 3;
    private const double Discount = 0.75;

    /// <summary>
    /// The cost of a departure from the default, as a share of a step's requests. Among equals the default wins.
    /// </summary>
    private const double DepartureCost = 0.001;

    /// <summary>Runs groups in parallel.</summary>
    /// <param name="function">The policy. Thread-safe.</param>
    /// <param name="draw">The task of a seed.</param>
    /// <param name="seeds">Seeds of the groups' tasks.</param>
    /// <returns>Samples, and the mean gain in attainment over the default.</returns>
    public static (List<KnobSample> Samples, double Gain) Run(
        PolicyFunction function,
        Func<long, PolicyTask> draw,
        IReadOnlyList<long> seeds
    )
    {
        ConcurrentDictionary<long, (List<KnobSample> Samples, double Gain)> groups = new();
        Parallel.ForEach(seeds, seed => groups[seed] = RunGroup(function, draw(seed), seed));
        // In the seeds' order: the same seeds, the same samples.
        return ([.. seeds.SelectMany(seed => groups[seed].Samples)], seeds.Average(seed => groups[seed].Gain));
    }

    private static (List<KnobSample> Samples, double Gain) RunGroup(PolicyFunction function, PolicyTask task, long seed)
    {
        (List<ExploringTuner> reference, SimulationResult byDefault) = Rollout(task, null, seed);
        List<KnobSample> samples = [];
        double gain = 0;
        for (int i = 0; i < Group; i++)
        {
            (List<ExploringTuner> explored, SimulationResult result) = Rollout(task, function, (seed * 31) + i);
            gain += (result.SloAttainment - byDefault.SloAttainment) / Group;
            for (int replica = 0; replica < Math.Min(reference.Count, explored.Count); replica++)
            {
                Credit(explored[replica].Steps, reference[replica].Steps, samples);
            }
        }

        return (samples, gain);
    }

    private static (List<ExploringTuner> Tuners, SimulationResult Result) Rollout(
        PolicyTask task,
        PolicyFunction? function,
        long seed
    )
    {
        List<ExploringTuner> tuners = [];
        SimulationResult result = task.Run(
            new SimulatedPolicy
            {
                // The same replicas each time, so that steps can be compared.
                Planner = new ReplicateWhereItFits(),
                Tuner = () =>
                {
                    tuners.Add(new ExploringTuner(function, (seed * 1000) + tuners.Count));
                    return tuners[^1];
                },
            }
        );
        return (tuners, result);
    }

    private static void Credit(List<KnobStep> explored, List<KnobStep> reference, List<KnobSample> samples)
    {
        int looks = Math.Min(explored.Count, reference.Count);
        if (looks < 2)
        {
            return;
        }
        double scale = Math.Max(1, reference.Take(looks).Average(step => step.Requests));
        double earned = 0;
        // What a step does shows at the looks after it.
        for (int look = looks - 2; look >= 0; look--)
        {
            KnobStep step = explored[look];
            double reward =
                ((reference[look + 1].Violations - explored[look + 1].Violations) / scale)
                - (step.Action == 0 ? 0 : DepartureCost);
            earned = Math.Clamp(reward, -1, 1) + (Discount * earned);
            if (step.Token.Length > 0)
            {
                samples.Add(new KnobSample(step.Token, step.Action, step.LogProbability, (float)earned));
            }
        }
    }
}
