using System.Collections.Concurrent;
using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Policy;
using OrleansInference.Agent.Prediction;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Trials;

namespace OrleansInference.Training.Agents;

/// <summary>Runs the planner in random tasks, and tries each of its candidates in the twin.</summary>
internal static class PlanChoices
{
    private const long Events = 15_000;
    private const double PeriodSeconds = 5;

    /// <summary>Collects decisions from tasks in parallel.</summary>
    public static List<PlanChoice> Collect(Func<long, PolicyTask> draw, IReadOnlyList<long> seeds)
    {
        ConcurrentDictionary<long, List<PlanChoice>> all = new();
        Parallel.ForEach(seeds, seed => all[seed] = Collect(draw(seed), seed));
        return [.. seeds.SelectMany(seed => all[seed])];
    }

    private static List<PlanChoice> Collect(PolicyTask task, long seed)
    {
        List<PlanChoice> choices = [];
        TwinTrial trial = new();
        AgentPlanner planner = new(
            new AgentOptions
            {
                PeriodSeconds = PeriodSeconds,
                TrialEvents = 30_000,
                Guardrails = new GuardrailOptions { WatchSeconds = PeriodSeconds },
            },
            trial
        )
        {
            Considered = (cluster, keep, candidates) =>
            {
                if (candidates.Count > 1)
                {
                    choices.Add(Evaluate(trial, cluster, keep, candidates, seed + choices.Count));
                }
            },
        };
        task.Run(new SimulatedPolicy { Planner = planner, Tuner = () => new RunLengthTuner() });
        return choices;
    }

    private static PlanChoice Evaluate(
        TwinTrial trial,
        PredictedCluster cluster,
        PlanCandidate keep,
        IReadOnlyList<PlanCandidate> candidates,
        long seed
    )
    {
        const int Count = PolicySchema.MostTokens;
        float[] tokens = new float[candidates.Count * Count * PolicySchema.Width];
        float[] mask = new float[candidates.Count * Count];
        float[] gains = new float[candidates.Count];
        // The same requests for the present plan and each candidate, so that their gains can be compared.
        TrialResult present = trial.Try(cluster, keep.Plan, seed, Events);
        for (int i = 0; i < candidates.Count; i++)
        {
            ChangeTokens.Write(
                cluster,
                keep,
                candidates[i],
                tokens.AsSpan(i * Count * PolicySchema.Width, Count * PolicySchema.Width),
                mask.AsSpan(i * Count, Count)
            );
            TrialResult result = trial.Try(cluster, candidates[i].Plan, seed, Events);
            double score = result.Score.Total(ObjectiveWeights.Default) - present.Score.Total(ObjectiveWeights.Default);
            gains[i] = (float)(result.Attainment - present.Attainment + (PlanCandidate.ScoreWeight * score));
        }

        return new PlanChoice(tokens, mask, gains);
    }
}
