using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Planning.Changes;
using OrleansInference.Agent.Prediction;
using OrleansInference.Agent.Tests.Guardrails;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Planning;

public sealed class PlanSearchTests
{
    [Fact]
    public void Neighbours_OneModelOnOneOfTwoNodes_AreAllSingleSteps()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 2, models: 1, memory: 1000, load: 10);

        Assert.Equal(
            [
                new ReplicaAdded("m0", "n1"),
                new ReplicaMoved("m0", "n0", "n1"),
                new KnobSet("m0", Knob.Instances, 1),
                new KnobSet("m0", Knob.Instances, 2),
                new KnobSet("m0", Knob.Instances, 3),
                new KnobSet("m0", Knob.MaxRows, 16),
                new KnobSet("m0", Knob.Threads, 2),
            ],
            Changes(cluster, PredictedClusters.Plan(cluster, (_, n) => n == 0))
        );
    }

    [Fact]
    public void Neighbours_KnobsThatAreSet_GoBothWays()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 1, models: 1, memory: 1000, load: 10);
        ClusterPlan plan = PlanEdit.Set(
            PredictedClusters.Plan(cluster, (_, _) => true),
            "m0",
            _ => true,
            knobs => knobs with { MaxRows = 16, Threads = 2, Instances = 2 }
        );

        Assert.Equal(
            [
                new KnobSet("m0", Knob.Instances, 0),
                new KnobSet("m0", Knob.Instances, 1),
                new KnobSet("m0", Knob.MaxRows, 8),
                new KnobSet("m0", Knob.MaxRows, 32),
                new KnobSet("m0", Knob.Threads, 4),
                new KnobSet("m0", Knob.Threads, 1),
            ],
            Changes(cluster, plan)
        );
        PlanChange most = new KnobSet("m0", Knob.MaxRows, 32);
        PlanCandidate uncapped = Search(cluster, plan).Neighbours(plan).First(candidate => candidate.Change == most);
        // 32 is all that the model takes: there is nothing to cap.
        Assert.Equal(0, uncapped.Plan.Models[0].Replicas[0].Knobs.MaxRows);
    }

    [Fact]
    public void Neighbours_TwoReplicas_OneGoesOrTakesTheSlowestsPlace()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 3, models: 1, memory: 1000, load: 10);

        PlanChange[] changes = Changes(cluster, PredictedClusters.Plan(cluster, (_, n) => n < 2));

        Assert.Equal(
            [new ReplicaRemoved("m0", "n0"), new ReplicaRemoved("m0", "n1")],
            changes.OfType<ReplicaRemoved>()
        );
        // Node 1 is the slower of the two.
        Assert.Equal([new ReplicaMoved("m0", "n1", "n2")], changes.OfType<ReplicaMoved>());
    }

    [Fact]
    public void Neighbours_ANodeThatIsFull_ABusierModelMayTakeAnothersPlace()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 2, models: 2, memory: 1000, load: 10);

        PlanChange[] changes = Changes(cluster, PredictedClusters.Plan(cluster, (m, n) => m == 0 || n == 0));

        Assert.Equal([new ReplicaReplaced("m1", "m0", "n1")], changes.OfType<ReplicaReplaced>());
    }

    [Fact]
    public void Neighbours_ALargeCluster_MostModelsAndMostNodes()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 12, models: 9, memory: 10_000, load: 1);

        PlanChange[] changes = Changes(cluster, PredictedClusters.Plan(cluster, (_, n) => n == 11));

        // The busiest six of nine models, on eight of twelve nodes.
        ReplicaAdded[] added = [.. changes.OfType<ReplicaAdded>()];
        Assert.Equal(["m3", "m4", "m5", "m6", "m7", "m8"], added.Select(change => change.Model).Distinct().Order());
        Assert.Equal(8, added.Select(change => change.Node).Distinct().Count());
    }

    [Fact]
    public void Neighbours_VeryManyReplicas_LeastEvaluations()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 200, models: 150, memory: 1_000_000, load: 1);

        Assert.Equal(8, Changes(cluster, PredictedClusters.Plan(cluster, (_, _) => true)).Length);
    }

    [Fact]
    public void Neighbours_ADrainingNode_GetsNothing()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 2, models: 1, memory: 1000, load: 10);
        cluster = cluster with { Nodes = [cluster.Nodes[0], cluster.Nodes[1] with { Draining = true }] };

        PlanChange[] changes = Changes(cluster, PredictedClusters.Plan(cluster, (_, n) => n == 0));

        Assert.DoesNotContain(changes, change => change is ReplicaAdded or ReplicaMoved);
    }

    [Fact]
    public void Climb_AnOverloadedReplica_TakesStepsWhileTheyGainAndNamesThem()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 3, models: 1, memory: 1000, load: 6000);
        ServiceModel[] alike = [.. Enumerable.Repeat(cluster.Models[0].Service[0], 3)];
        cluster = cluster with { Models = [cluster.Models[0] with { Service = alike, SloSeconds = 1 }] };
        ClusterPlan plan = PredictedClusters.Plan(cluster, (_, n) => n == 0);
        PlanSearch search = Search(cluster, plan);
        PlanCandidate keep = search.Evaluate(PlanChange.None, plan);

        PlanCandidate climbed = search.Climb(keep, steps: 2);

        Assert.True(
            climbed.Value(ObjectiveWeights.Default) > keep.Value(ObjectiveWeights.Default) + PlanSearch.LeastGain
        );
        Assert.Equal(new ReplicaAdded("m0", "n1").Then(new ReplicaAdded("m0", "n2")), climbed.Change);
    }

    [Fact]
    public void Climb_NothingToGain_StaysWhereItIs()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 2, models: 1, memory: 1000, load: 0.001);
        ClusterPlan plan = PredictedClusters.Plan(cluster, (_, _) => true);
        PlanSearch search = Search(cluster, plan);
        PlanCandidate keep = search.Evaluate(PlanChange.None, plan);

        Assert.Same(keep, search.Climb(keep, steps: 3));
    }

    /// <summary>The best step's gain is what the plan before it is said to be worse by.</summary>
    [Theory]
    [InlineData(0.9e-4, false)]
    [InlineData(1.1e-4, true)]
    public void Climb_AStepThatGainsHardlyAnything_LeastGain(double gain, bool isTaken)
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 2, models: 1, memory: 1000, load: 100);
        ClusterPlan plan = PredictedClusters.Plan(cluster, (_, n) => n == 0);
        PlanCandidate keep = Search(cluster, plan).Evaluate(PlanChange.None, plan);
        double best = Search(cluster, plan).Neighbours(plan).Max(step => step.Value(ObjectiveWeights.Default));
        double fall = best - gain - keep.Value(ObjectiveWeights.Default);
        PlanCandidate from = keep with { Attainment = keep.Attainment + fall };

        PlanCandidate climbed = Search(cluster, plan).Climb(from, steps: 1);

        Assert.Equal(isTaken, !ReferenceEquals(from, climbed));
    }

    [Fact]
    public void Neighbours_AskedForAgainAndAgain_MostEvaluations()
    {
        PredictedCluster cluster = PredictedClusters.Make(nodes: 12, models: 9, memory: 10_000, load: 1);
        ClusterPlan plan = PredictedClusters.Plan(cluster, (_, n) => n == 11);
        PlanSearch search = Search(cluster, plan);

        Assert.Equal(600, Enumerable.Range(0, 20).Sum(_ => search.Neighbours(plan).Count()));
    }

    private static PlanSearch Search(PredictedCluster cluster, ClusterPlan plan) =>
        new(cluster, plan, ObjectiveWeights.Default);

    private static PlanChange[] Changes(PredictedCluster cluster, ClusterPlan plan) =>
        [.. Search(cluster, plan).Neighbours(plan).Select(candidate => candidate.Change)];
}
