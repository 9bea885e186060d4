using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Planning.Changes;
using OrleansInference.Agent.Policy;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>
/// Lets the best candidate through, if it passes: masks, change budget, what was taken back lately, and a trial against
/// the present plan.
/// </summary>
internal sealed class CandidateGate(
    AgentOptions options,
    IPlanTrial? trial,
    PredictedCluster cluster,
    ClusterPlan current,
    PlanCandidate keep,
    ChangeWatch watch,
    Dictionary<PlanChange, TimeSpan> failed,
    TimeSpan now
)
{
    /// <summary>Plans that are tried beside one style: the events of a decision are shared by all trials.</summary>
    public const int Tried = 2;

    /// <summary>
    /// Periods of the agent in which a change that failed its trial is not tried again, so that others get their turn.
    /// </summary>
    public const double RestPeriods = 4;

    /// <summary>
    /// What a gain in the twin must reach, as a share of the twin's error. The error is known for the plan in force
    /// alone: how much fewer of its requests are in time in the twin than are. Half: plans share most of an error,
    /// their difference less.
    /// </summary>
    public const double ErrorShare = 0.5;

    /// <summary>
    /// Share of requests by which attainment may differ by chance: about one standard deviation at 98 % of a thousand.
    /// </summary>
    public const double Doubt = 0.005;

    private readonly GuardrailOptions _rails = options.Guardrails;

    /// <summary>Where the policy is that has a say in what is tried.</summary>
    public PolicySlot? Policy { get; init; }

    /// <summary>Share of requests that was in time of late; below 0 where there were none.</summary>
    public double Attained { get; init; } = -1;

    /// <summary>Told of what may be tried.</summary>
    public Action<PredictedCluster, PlanCandidate, IReadOnlyList<PlanCandidate>>? Considered { get; init; }

    /// <summary>The one to carry out, or null; a record of each, the chosen one first.</summary>
    public (PlanCandidate? Chosen, CandidateRecord[] Records, double Gain) Choose(
        IReadOnlyList<PlanCandidate> candidates
    )
    {
        List<Entry> all = [];
        HashSet<PlanChange> seen = [];
        foreach (PlanCandidate candidate in candidates)
        {
            // A climb of one step is one of the neighbours too.
            if (!seen.Add(candidate.Change))
            {
                continue;
            }
            PlanDifference difference = PlanDifference.Between(current, candidate.Plan);
            if (!difference.IsNone)
            {
                all.Add(new Entry(candidate, difference, Refusal(candidate, difference)));
            }
        }

        Entry[] open = [.. all.Where(entry => entry.Refusal.Length == 0)];
        Considered?.Invoke(cluster, keep, [.. open.Select(entry => entry.Candidate)]);
        Entry[] possible = Possible(open);
        Dictionary<PlanCandidate, (TrialResult Result, double Gain)> tried = Try(possible);
        TrialResult? kept = tried.TryGetValue(keep, out (TrialResult Result, double Gain) trialOfKeep)
            ? trialOfKeep.Result
            : null;
        Entry? best = possible
            .Where(entry => Suffices(entry) && IsBeyondError(tried[entry.Candidate].Result, kept))
            .MaxBy(entry => tried[entry.Candidate].Gain - Cost(entry.Difference));
        foreach (Entry loser in possible.Where(entry => !Suffices(entry)))
        {
            failed[loser.Candidate.Change] = now + TimeSpan.FromSeconds(options.PeriodSeconds * RestPeriods);
        }

        List<CandidateRecord> records =
        [
            Record(
                keep,
                0,
                kept?.Attainment ?? -1,
                best is null ? "" : $"{best.Candidate.Name} is expected to do better"
            ),
        ];
        foreach (Entry entry in all)
        {
            double attainment =
                trial is not null
                && tried.TryGetValue(entry.Candidate, out (TrialResult Result, double Gain) trialOfEntry)
                    ? trialOfEntry.Result.Attainment
                    : -1;
            records.Add(Record(entry.Candidate, entry.Difference.Loads, attainment, entry == best ? "" : Why(entry)));
        }

        return (
            best?.Candidate,
            [.. records.OrderBy(record => record.Refusal.Length == 0 ? 0 : 1)],
            best is null ? 0 : tried[best.Candidate].Gain
        );

        bool Suffices(Entry entry) => tried[entry.Candidate].Gain >= Needed(entry.Difference);

        string Why(Entry entry)
        {
            if (entry.Refusal.Length > 0)
            {
                return entry.Refusal;
            }
            if (!tried.TryGetValue(entry.Candidate, out (TrialResult Result, double Gain) result))
            {
                return "others are expected to do better";
            }
            if (!Suffices(entry))
            {
                return $"it would bring {result.Gain * 100:F1} points, {Needed(entry.Difference) * 100:F1} are "
                    + $"asked for";
            }
            return IsBeyondError(result.Result, kept)
                ? $"{best!.Candidate.Name} is expected to do better"
                : $"it would bring less than the trial is wrong by: {Attained:P0} of requests are in time "
                    + $"now, {kept!.Value.Attainment:P0} in the twin";
        }
    }

    private static CandidateRecord Record(PlanCandidate candidate, int loads, double tried, string refusal) =>
        new(
            candidate.Name,
            candidate.Attainment,
            tried,
            candidate.Score.C,
            candidate.Score.D,
            candidate.Score.N,
            loads,
            refusal
        );

    private string Refusal(PlanCandidate candidate, PlanDifference difference)
    {
        if (PlanMask.Violation(candidate.Plan, cluster, current) is { } wrong)
        {
            return wrong;
        }
        if (difference.Loads > _rails.MaxLoads)
        {
            return $"it would load {difference.Loads} models, at most {_rails.MaxLoads} at once are allowed";
        }
        if (difference.Loads + difference.Unloads > 0 && difference.Models.Count > _rails.MaxModels)
        {
            return $"it would change {difference.Models.Count} models, at most {_rails.MaxModels} at once are allowed";
        }
        if (watch.IsTabu(candidate.Change, now))
        {
            return "it was tried lately and made things worse";
        }
        bool hasFailed = failed.TryGetValue(candidate.Change, out TimeSpan until) && now < until;
        if (hasFailed)
        {
            return "its last trial, a short while ago, showed no gain";
        }
        return
            trial is null
            && !candidate.IsStyle
            && candidate.Value(options.Weights) - keep.Value(options.Weights) < Needed(difference)
            ? "it is not expected to help"
            : "";
    }

    /// <summary>
    /// What is tried: the two that the closed form puts first, or the first and the policy's own; and one style, by
    /// turns or the policy's own.
    /// </summary>
    private Entry[] Possible(Entry[] open)
    {
        Entry[] plain =
        [
            .. open.Where(entry => !entry.Candidate.IsStyle)
                .OrderByDescending(entry => entry.Candidate.Value(options.Weights) - Cost(entry.Difference)),
        ];
        Entry[] styles = trial is null ? [] : [.. open.Where(entry => entry.Candidate.IsStyle)];
        if (Policy?.Current is not { } policy)
        {
            return [.. plain.Take(Tried), .. styles.Take(1)];
        }
        Entry? second = Favourite(policy, [.. plain.Skip(1)]);
        Entry? style = Favourite(policy, styles);
        Policy.Count(second != plain.ElementAtOrDefault(1));
        Policy.Count(style != styles.FirstOrDefault());
        return [.. plain.Take(1), .. second is null ? [] : new[] { second }, .. style is null ? [] : new[] { style }];
    }

    private Entry? Favourite(LearnedPolicy policy, Entry[] entries) =>
        entries.Length == 0
            ? null
            : entries
                .Zip(PlanRanker.Rank(policy, cluster, keep, [.. entries.Select(entry => entry.Candidate)]))
                .MaxBy(pair => pair.Second)
                .First;

    private Dictionary<PlanCandidate, (TrialResult Result, double Gain)> Try(Entry[] possible)
    {
        Dictionary<PlanCandidate, (TrialResult Result, double Gain)> tried = [];
        if (trial is null || possible.Length == 0)
        {
            foreach ((PlanCandidate candidate, _, _) in possible)
            {
                tried[candidate] = (default, candidate.Value(options.Weights) - keep.Value(options.Weights));
            }
            return tried;
        }

        // The same requests for each: what differs is the plan.
        long seed = now.Ticks;
        long budget = Math.Max(1, options.TrialEvents / (possible.Length + 1));
        TrialResult present = trial.Try(cluster, current, seed, budget);
        tried[keep] = (present, 0);
        foreach ((PlanCandidate candidate, _, _) in possible)
        {
            TrialResult result = trial.Try(cluster, candidate.Plan, seed, budget);
            double inTime = Credible(present.Attainment) * (result.Attainment - present.Attainment);
            double score = result.Score.Total(options.Weights) - present.Score.Total(options.Weights);
            tried[candidate] = (result, inTime + (PlanCandidate.ScoreWeight * score));
        }

        return tried;
    }

    /// <summary>
    /// Share of an expected gain that is believed: where the twin sees more requests miss than do, it sees more to gain
    /// than there is.
    /// </summary>
    private double Credible(double expected) =>
        Attained < 0 ? 1 : Math.Clamp((1 - Attained + Doubt) / (1 - expected + Doubt), 0, 1);

    /// <summary>Whether a gain in the twin exceeds <see cref="ErrorShare"/> of the twin's known error.</summary>
    private bool IsBeyondError(TrialResult result, TrialResult? kept) =>
        trial is null
        || Attained < 0
        || kept is not { } present
        || result.Attainment - present.Attainment >= ErrorShare * Math.Max(0, Attained - present.Attainment);

    private double Needed(PlanDifference difference) => _rails.LeastGain + (difference.Loads * _rails.GainPerLoad);

    private double Cost(PlanDifference difference) => difference.Loads * _rails.GainPerLoad;

    private sealed record Entry(PlanCandidate Candidate, PlanDifference Difference, string Refusal);
}
