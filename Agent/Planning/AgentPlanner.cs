using OrleansInference.Agent.Decisions;
using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning.Changes;
using OrleansInference.Agent.Policy;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>
/// The slow loop: learns from every look, repairs the plan at once where nodes or models come and go, and every period
/// considers a change: candidates by closed form, the best two and the present plan in the twin, guardrails, a watch
/// over what it did. Without traffic or a trustworthy prediction it changes nothing. Thread-safe; time is in what it is
/// given.
/// </summary>
public sealed class AgentPlanner : IPlanner
{
    /// <summary>Candidates of a decision: what the closed form scores within some milliseconds.</summary>
    private const int MostCandidates = 28;

    /// <summary>Steps of the climb: more would change more at once than a watch can judge.</summary>
    private const int ClimbSteps = 3;

    /// <summary>Single steps that are considered beside the climb.</summary>
    private const int MostNeighbours = 11;

    /// <summary>
    /// Nodes × replicas beyond which a plan is not tried: each node of the twin routes to each replica.
    /// </summary>
    private const int LargestTrial = 100_000;

    private readonly AgentOptions _options;
    private readonly IPlanTrial? _trial;
    private readonly Lock _lock = new();
    private readonly ReplicateWhereItFits _repair = new(onlyNew: true);
    private readonly ReplicateWhereItFits _everywhere = new();
    private readonly Dictionary<PlanChange, TimeSpan> _failed = [];
    private readonly OpenAdvice _advice;
    private TimeSpan _decidedAt = TimeSpan.MinValue;
    private ClusterPlan? _lastGood;
    private AgentDecision? _watched;
    private ClusterObservation? _seen;

    /// <summary>Creates it.</summary>
    /// <param name="options">Modes, periods, guardrails.</param>
    /// <param name="trial">The what-if gate; null for closed forms alone.</param>
    /// <param name="decisions">Where it writes down what it decides; null for a log of its own.</param>
    public AgentPlanner(AgentOptions options, IPlanTrial? trial, DecisionLog? decisions = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _trial = trial;
        Mode = options.Mode;
        Decisions = decisions ?? new DecisionLog(options.Remembered);
        Watch = new ChangeWatch(options.Guardrails);
        _advice = new OpenAdvice(Decisions);
    }

    /// <summary>What it may do where a model's pin says nothing.</summary>
    public AgentMode Mode { get; set; }

    /// <summary>Where the policy is that has a say in which candidates are tried; null for the planner alone.</summary>
    public PolicySlot? Policy { get; init; }

    /// <summary>
    /// Told of each decision's plan in force and of the candidates that may be tried: what a ranker is trained on.
    /// </summary>
    public Action<PredictedCluster, PlanCandidate, IReadOnlyList<PlanCandidate>>? Considered { get; init; }

    /// <summary>What it learnt.</summary>
    public ClusterPredictor Predictor { get; } = new();

    /// <summary>What it decided.</summary>
    public DecisionLog Decisions { get; }

    /// <summary>What watches over its changes.</summary>
    public ChangeWatch Watch { get; }

    /// <summary>Lets it go on after it stopped.</summary>
    public void Resume()
    {
        lock (_lock)
        {
            Watch.Resume();
        }
    }

    /// <summary>What it does and expects now.</summary>
    public AgentState State()
    {
        lock (_lock)
        {
            TimeSpan now = _seen?.Now ?? TimeSpan.Zero;
            (double attainment, double rate) = Watch.Since(
                now - TimeSpan.FromSeconds(_options.Guardrails.WatchSeconds),
                now
            );
            return new AgentState
            {
                Mode = Mode,
                IsStopped = Watch.IsStopped,
                Decisions = Decisions.All,
                Attainment = attainment,
                RequestsPerSecond = rate,
                Inputs = _seen is null ? [] : Inputs(Predictor.Predict(_seen, now)),
                Revision = Decisions.Revision,
                Policy = Policy?.Current?.Version ?? "",
                PolicyDepartures = Policy is { Asked: > 0 } policy ? (double)policy.Departed / policy.Asked : 0,
            };
        }
    }

    /// <summary>An operator's answer to an advised decision.</summary>
    /// <returns>False where it does not wait for one.</returns>
    public bool Answer(long id, bool approve)
    {
        lock (_lock)
        {
            return _advice.Answer(id, approve);
        }
    }

    /// <inheritdoc />
    public ClusterPlan Plan(ClusterObservation observation, ClusterPlan current)
    {
        ArgumentNullException.ThrowIfNull(observation);
        ArgumentNullException.ThrowIfNull(current);
        lock (_lock)
        {
            return PlanLocked(observation, current);
        }
    }

    private ClusterPlan PlanLocked(ClusterObservation observation, ClusterPlan current)
    {
        TimeSpan now = observation.Now;
        _seen = observation;
        Predictor.Observe(observation.Window);
        ReplicaCounters total = observation.Window.Total;
        Watch.Count(now, total.Requests, total.Violations, observation.Window.Work);
        if (Mode == AgentMode.Off)
        {
            return _everywhere.Plan(observation, current);
        }
        ClusterPlan repaired = _repair.Plan(observation, current);
        if (!PlanComparison.AreAlike(repaired, current) && !PlanDifference.Between(current, repaired).IsNone)
        {
            // Nodes or models came or went: what was being measured is not comparable any more.
            Watch.Abandon();
            _watched = null;
            return repaired;
        }

        if (Supervise(observation, repaired, now) is { } back)
        {
            return back;
        }
        if (
            _advice.Take(current.Epoch) is { } approved
            && TakeAdvice(approved, observation, repaired, now) is { } advised
        )
        {
            return advised;
        }
        // A whole period is measured before the first decision.
        if (_decidedAt == TimeSpan.MinValue)
        {
            _decidedAt = now;
        }
        if (Watch.IsWatching || Watch.IsStopped || (now - _decidedAt).TotalSeconds < _options.PeriodSeconds)
        {
            return repaired;
        }
        _decidedAt = now;
        return Decide(observation, repaired, now);
    }

    private ClusterPlan? Supervise(ClusterObservation observation, ClusterPlan current, TimeSpan now)
    {
        ChangeVerdict verdict = Watch.Judge(
            now,
            plan => Expected(Predictor.Predict(observation, now), plan),
            out ClusterPlan before,
            out double attainment
        );
        if (verdict is ChangeVerdict.None or ChangeVerdict.Waiting)
        {
            return null;
        }
        if (_watched is { } watched)
        {
            Decisions.Change(
                watched.Id,
                decision =>
                    decision with
                    {
                        AttainmentAfter = attainment,
                        Outcome =
                            verdict == ChangeVerdict.Good ? DecisionOutcome.Confirmed : DecisionOutcome.RolledBack,
                    }
            );
        }
        _watched = null;
        if (verdict == ChangeVerdict.Good)
        {
            _lastGood = current;
            return null;
        }

        // Each rollback within the hour doubles the time before the next attempt.
        _decidedAt = now + TimeSpan.FromSeconds(_options.PeriodSeconds * ((1 << Math.Min(Watch.Rollbacks, 6)) - 1));
        if (Watch.IsStopped)
        {
            Decisions.Add(
                new AgentDecision
                {
                    Outcome = DecisionOutcome.Stopped,
                    Summary =
                        $"{_options.Guardrails.MaxRollbacks} changes were taken back within an hour: the agent "
                        + $"changes nothing more until an operator lets it (oinf agent resume)",
                }
            );
        }
        // Nodes may have gone since the plan before was in force.
        return _repair.Plan(observation, Restored(before, current));
    }

    /// <summary>
    /// Share of requests in time that the closed form expects of a plan; −1 where predictions are not trusted.
    /// </summary>
    private static double Expected(PredictedCluster cluster, ClusterPlan plan) =>
        cluster.IsTrusted ? PlanEstimate.Predict(cluster, plan).Attainment : -1;

    /// <summary>A plan of before, for the nodes and models of now.</summary>
    private static ClusterPlan Restored(ClusterPlan before, ClusterPlan current) =>
        current with
        {
            Models =
            [
                .. current.Models.Select(model =>
                    before.Find(model.Name) is { } old && old.Revision == model.Revision ? old : model
                ),
            ],
        };

    private ClusterPlan? TakeAdvice(
        (long Id, PlanCandidate Advised) advice,
        ClusterObservation observation,
        ClusterPlan current,
        TimeSpan now
    )
    {
        PredictedCluster cluster = Predictor.Predict(observation, now);
        if (PlanMask.Violation(advice.Advised.Plan, cluster, current) is { } wrong)
        {
            _advice.Close(advice.Id, $"no longer possible: {wrong}");
            return null;
        }

        double before = Watch.Begin(current, Expected(cluster, current), advice.Advised.Change, now);
        Decisions.Change(
            advice.Id,
            decision => decision with { Outcome = DecisionOutcome.Applied, AttainmentBefore = before }
        );
        _watched = Array.Find(Decisions.All, decision => decision.Id == advice.Id);
        return Restored(advice.Advised.Plan, current);
    }

    private ClusterPlan Decide(ClusterObservation observation, ClusterPlan current, TimeSpan now)
    {
        PredictedCluster cluster = Predictor.Predict(observation, now);
        // Without traffic one plan is as good as another, and nothing would show a bad one.
        if (cluster.Models.All(model => model.RowsPerSecond < 0.1))
        {
            return current;
        }
        double attained = Watch.Since(now - TimeSpan.FromSeconds(_options.Guardrails.WatchSeconds), now).Attainment;
        if (!cluster.IsTrusted)
        {
            Note(
                DecisionOutcome.Kept,
                "predictions of late were off by more than a quarter: nothing is changed until they are right",
                attained,
                cluster,
                []
            );
            return current;
        }

        if (1 - attained < _options.Guardrails.LeastGain)
        {
            Note(
                DecisionOutcome.Kept,
                $"{attained:P1} of requests are in time: there is nothing to gain that is worth a change",
                attained,
                cluster,
                []
            );
            return current;
        }

        PlanSearch search = new(cluster, current, _options.Weights);
        PlanCandidate keep = search.Evaluate(PlanChange.None, current);
        CandidateGate gate = new(
            _options,
            cluster.Nodes.Count * current.Models.Sum(model => model.Replicas.Length) <= LargestTrial ? _trial : null,
            cluster,
            current,
            keep,
            Watch,
            _failed,
            now
        )
        {
            Policy = Policy,
            Attained = attained,
            Considered = Considered,
        };
        PlanCandidate[] candidates = [.. Candidates(observation, cluster, search, keep).Take(MostCandidates)];
        (PlanCandidate? chosen, CandidateRecord[] records, double gain) = gate.Choose(candidates);
        if (chosen is null)
        {
            Note(
                DecisionOutcome.Kept,
                attained < 0
                    ? "no change is expected to help"
                    : $"{attained:P1} of requests are in time, and no change is expected to help",
                attained,
                cluster,
                records
            );
            return current;
        }

        PlanDifference difference = PlanDifference.Between(current, chosen.Plan);
        AgentMode mode = difference
            .Models.Select(model => observation.Models.FirstOrDefault(other => other.Name == model)?.Pin?.Mode ?? Mode)
            .Append(AgentMode.Act)
            .Max();
        string summary = $"{chosen.Name}: expected to bring {gain * 100:F1} more of 100 requests in time";
        if (mode != AgentMode.Act)
        {
            DecisionOutcome outcome = mode == AgentMode.Advise ? DecisionOutcome.Advised : DecisionOutcome.Shadowed;
            AgentDecision decision = Decision(outcome, summary, attained, cluster, records, difference, gain);
            if (mode == AgentMode.Advise)
            {
                _advice.Offer(decision, chosen, current.Epoch);
            }
            else
            {
                Decisions.Add(decision);
            }

            return current;
        }

        Watch.Begin(current, keep.Attainment, chosen.Change, now);
        _watched = Note(DecisionOutcome.Applied, summary, attained, cluster, records, difference, gain);
        return chosen.Plan;
    }

    private IEnumerable<PlanCandidate> Candidates(
        ClusterObservation observation,
        PredictedCluster cluster,
        PlanSearch search,
        PlanCandidate keep
    )
    {
        PlanCandidate climbed = search.Climb(keep, ClimbSteps);
        if (climbed != keep)
        {
            yield return climbed;
        }
        IEnumerable<PlanCandidate> near = search
            .Neighbours(keep.Plan)
            .OrderByDescending(candidate => candidate.Value(_options.Weights));
        foreach (PlanCandidate neighbour in near.Take(MostNeighbours))
        {
            yield return neighbour;
        }

        foreach ((StyleSet style, ClusterPlan plan) in PlanStyles.Candidates(cluster, keep.Plan))
        {
            yield return search.Evaluate(style, plan) with
            {
                IsStyle = true,
            };
        }

        yield return Whole(PlanSource.ReplicateWhereItFits, _everywhere.Plan(observation, keep.Plan));
        yield return Whole(PlanSource.GreedyReplication, GreedyReplication.Plan(cluster, keep.Plan, _options.Weights));
        yield return search.Evaluate(new StyleSet(PlanStyle.NodesChoose), PlanStyles.Unset(keep.Plan)) with
        {
            IsStyle = true,
        };
        if (_lastGood is { } good)
        {
            yield return Whole(PlanSource.LastGood, Restored(good, keep.Plan));
        }

        PlanCandidate Whole(PlanSource source, ClusterPlan plan) => search.Evaluate(new PlanReplaced(source), plan);
    }

    private AgentDecision Note(
        DecisionOutcome outcome,
        string summary,
        double attained,
        PredictedCluster cluster,
        CandidateRecord[] candidates,
        PlanDifference? difference = null,
        double gain = 0
    ) => Decisions.Add(Decision(outcome, summary, attained, cluster, candidates, difference, gain));

    private static AgentDecision Decision(
        DecisionOutcome outcome,
        string summary,
        double attained,
        PredictedCluster cluster,
        CandidateRecord[] candidates,
        PlanDifference? difference,
        double gain
    ) =>
        new()
        {
            Outcome = outcome,
            Summary = summary,
            Models = [.. difference?.Models ?? []],
            Nodes =
            [
                .. cluster
                    .Nodes.Where(node => difference?.Nodes.Contains(node.Address) == true)
                    .Select(node => node.Name),
            ],
            Inputs = Inputs(cluster),
            Candidates = candidates,
            AttainmentBefore = attained,
            ExpectedGain = gain,
        };

    private static DecisionInput[] Inputs(PredictedCluster cluster) =>
        [
            .. cluster.Models.Select(model => new DecisionInput(
                model.Name,
                model.RowsPerSecond,
                model.PeakRowsPerSecond,
                Measured(cluster, model, service => service.Seconds(1, 0)),
                Measured(cluster, model, service => service.Interference)
            )),
        ];

    private static Dictionary<string, double> Measured(
        PredictedCluster cluster,
        PredictedModel model,
        Func<ServiceModel, double> value
    ) =>
        cluster
            .Nodes.Select((node, i) => (node.Name, Service: model.Service[i]))
            .Where(entry => entry.Service.IsMeasured)
            .ToDictionary(entry => entry.Name, entry => value(entry.Service));
}
