using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Planning.Changes;
using OrleansInference.Agent.Prediction;
using OrleansInference.Agent.Tests.Guardrails;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Planning;

/// <summary>What passes the gate, by what a made-up twin says.</summary>
public sealed class CandidateGateTests
{
    private static readonly PredictedCluster s_cluster = PredictedClusters.Make(
        nodes: 8,
        models: 8,
        memory: 10_000,
        load: 10
    );
    private static readonly ClusterPlan s_current = PredictedClusters.Plan(s_cluster, (m, n) => n == m);
    private static readonly TimeSpan s_now = TimeSpan.FromHours(1);

    private readonly AgentOptions _options = new();
    private readonly ChangeWatch _watch = new(new GuardrailOptions());
    private readonly Dictionary<PlanChange, TimeSpan> _failed = [];
    private readonly Twin _twin = new();

    [Theory]
    [InlineData(0.0049, false)]
    [InlineData(0.0051, true)]
    public void Choose_AChangeOfKnobs_NeedsTheLeastGain(double gain, bool passes)
    {
        PlanCandidate candidate = Capped(0);
        _twin.Attainment[candidate.Plan] = Twin.Present + gain;

        Assert.Equal(passes, Choose(candidate).Chosen is not null);
    }

    [Theory]
    [InlineData(0.0069, false)]
    [InlineData(0.0071, true)]
    public void Choose_AChangeThatLoads_NeedsTheGainPerLoadBesides(double gain, bool passes)
    {
        PlanCandidate candidate = Added(model: 0, node: 1);
        _twin.Attainment[candidate.Plan] = Twin.Present + gain;

        Assert.Equal(passes, Choose(candidate).Chosen is not null);
    }

    [Fact]
    public void Choose_TheScoreAlone_CountsByScoreWeight()
    {
        // A tenth of 0.06 is above the least gain of 0.005, a tenth of 0.04 is not.
        PlanCandidate better = Capped(0);
        PlanCandidate hardly = Capped(1);
        _twin.Score[better.Plan] = new ClusterScore(0.56, 0.56, 0.56);
        _twin.Score[hardly.Plan] = new ClusterScore(0.54, 0.54, 0.54);

        Assert.Same(better, Choose(better, hardly).Chosen);
        Assert.Null(Choose(hardly).Chosen);
    }

    [Fact]
    public void Choose_MoreCandidatesThanAreTried_TriedAndOneStyle()
    {
        PlanCandidate style = Capped(5) with { IsStyle = true, Change = new StyleSet(PlanStyle.Patient) };
        PlanCandidate next = Capped(6) with { IsStyle = true, Change = new StyleSet(PlanStyle.HalfTheRuns) };

        Choose(Capped(0), Capped(1), Capped(2), Capped(3), style, next);

        // The plan in force, two of four, and the first style.
        Assert.Equal(4, _twin.Plans.Count);
        Assert.Same(s_current, _twin.Plans[0]);
        Assert.Contains(style.Plan, _twin.Plans);
        Assert.DoesNotContain(next.Plan, _twin.Plans);
    }

    [Fact]
    public void Choose_TheSameChangeTwice_IsConsideredOnce()
    {
        Assert.Equal(2, Choose(Capped(0), Capped(0)).Records.Length);
    }

    [Fact]
    public void Choose_FailedItsTrial_RestPeriods()
    {
        PlanCandidate candidate = Capped(0);
        Choose(candidate);

        Assert.Equal(s_now + TimeSpan.FromSeconds(4 * _options.PeriodSeconds), _failed[candidate.Change]);
        CandidateRecord again = Choose(candidate).Records[^1];
        Assert.Equal("its last trial, a short while ago, showed no gain", again.Refusal);
    }

    [Theory]
    [InlineData(0.0249, false)]
    [InlineData(0.0251, true)]
    public void Choose_ATwinThatIsTooPessimistic_ErrorShare(double gain, bool passes)
    {
        // 90 % are in time in the twin, 95 % are: half of the difference must be gained there.
        PlanCandidate candidate = Capped(0);
        _twin.Attainment[candidate.Plan] = Twin.Present + gain;

        Assert.Equal(passes, Choose(attained: 0.95, candidate).Chosen is not null);
    }

    [Fact]
    public void Choose_ATwinThatIsTooPessimistic_BelievesAsMuchAsMissesBeyondDoubt()
    {
        PlanCandidate candidate = Capped(0);
        _twin.Attainment[candidate.Plan] = Twin.Present + 0.06;

        double gain = Choose(attained: 0.95, candidate).Gain;

        Assert.Equal(0.06 * (0.05 + 0.005) / (0.1 + 0.005), gain, 9);
    }

    [Fact]
    public void Choose_TakenBackLately_IsTabuAsTheSameChange()
    {
        PlanCandidate candidate = Capped(0);
        _twin.Attainment[candidate.Plan] = 1;
        _watch.Count(s_now - TimeSpan.FromSeconds(31), 1000, 0);
        _watch.Begin(s_current, 1, Capped(0).Change, s_now - TimeSpan.FromSeconds(30));
        _watch.Count(s_now - TimeSpan.FromSeconds(1), 1000, 500);
        _watch.Judge(s_now, _ => 1, out _, out _);

        (PlanCandidate? chosen, CandidateRecord[] records, _) = Choose(candidate);

        Assert.Null(chosen);
        Assert.Equal("it was tried lately and made things worse", records[^1].Refusal);
    }

    [Fact]
    public void Choose_MoreLoadsOrModelsThanAllowed_SaysWhatIs()
    {
        ClusterPlan five = s_current;
        for (int model = 0; model < 5; model++)
        {
            five = PlanEdit.Add(five, $"m{model}", PredictedClusters.Address(7));
        }

        PlanCandidate loads = Candidate(new PlanReplaced(PlanSource.LastGood), five);
        ClusterPlan touched = Capped(PlanEdit.Add(s_current, "m0", PredictedClusters.Address(7)), 1, 2, 3, 4);
        PlanCandidate models = Candidate(new PlanReplaced(PlanSource.GreedyReplication), touched);

        CandidateRecord[] records = Choose(loads, models).Records;

        Assert.Contains(records, record => record.Refusal == "it would load 5 models, at most 4 at once are allowed");
        Assert.Contains(records, record => record.Refusal == "it would change 5 models, at most 4 at once are allowed");
    }

    [Fact]
    public void Choose_TwoThatPass_TheBetterOneAfterWhatItsLoadsCost()
    {
        PlanCandidate loads = Added(model: 0, node: 1);
        PlanCandidate knobs = Capped(1);
        _twin.Attainment[loads.Plan] = Twin.Present + 0.031;
        _twin.Attainment[knobs.Plan] = Twin.Present + 0.030;

        (PlanCandidate? chosen, CandidateRecord[] records, double gain) = Choose(loads, knobs);

        Assert.Same(knobs, chosen);
        Assert.Equal(0.030, gain, 9);
        Assert.Equal(("batches of 1 of m1", ""), (records[0].Name, records[0].Refusal));
        Assert.Contains(records, record => record.Refusal == "batches of 1 of m1 is expected to do better");
    }

    private (PlanCandidate? Chosen, CandidateRecord[] Records, double Gain) Choose(params PlanCandidate[] candidates) =>
        Choose(-1, candidates);

    private (PlanCandidate? Chosen, CandidateRecord[] Records, double Gain) Choose(
        double attained,
        params PlanCandidate[] candidates
    )
    {
        _twin.Plans.Clear();
        PlanCandidate keep = Candidate(PlanChange.None, s_current);
        CandidateGate gate = new(_options, _twin, s_cluster, s_current, keep, _watch, _failed, s_now)
        {
            Attained = attained,
        };
        return gate.Choose(candidates);
    }

    private static PlanCandidate Added(int model, int node) =>
        Candidate(
            new ReplicaAdded($"m{model}", $"n{node}"),
            PlanEdit.Add(s_current, $"m{model}", PredictedClusters.Address(node))
        );

    private static PlanCandidate Capped(int model) =>
        Candidate(new KnobSet($"m{model}", Knob.MaxRows, 1), Capped(s_current, model));

    private static ClusterPlan Capped(ClusterPlan plan, params int[] models) =>
        models.Aggregate(
            plan,
            (capped, model) => PlanEdit.Set(capped, $"m{model}", _ => true, knobs => knobs with { MaxRows = 1 })
        );

    private static PlanCandidate Candidate(PlanChange change, ClusterPlan plan) =>
        new(change, plan, new ClusterScore(0.5, 0.5, 0.5), 0.9);

    private sealed class Twin : IPlanTrial
    {
        public const double Present = 0.9;

        public Dictionary<ClusterPlan, double> Attainment { get; } = new(ReferenceEqualityComparer.Instance);

        public Dictionary<ClusterPlan, ClusterScore> Score { get; } = new(ReferenceEqualityComparer.Instance);

        public List<ClusterPlan> Plans { get; } = [];

        public TrialResult Try(PredictedCluster cluster, ClusterPlan plan, long seed, long maxEvents)
        {
            Plans.Add(plan);
            ClusterScore score = Score.GetValueOrDefault(plan, new ClusterScore(0.5, 0.5, 0.5));
            return new TrialResult(score, Attainment.GetValueOrDefault(plan, Present), 1000);
        }
    }
}
