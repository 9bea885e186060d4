using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Tests.Planning;

/// <summary>The closed form by hand, where it can be; each test names the constants that it holds.</summary>
public sealed class PlanEstimateTests
{
    [Fact]
    public void Predict_OneServer_IsTheQueueOfOneServer()
    {
        // 50 runs of 10 ms a second: half wait, and those longer than the slack of 90 ms are late.
        Assert.Equal(1 - (0.5 * Math.Exp(-9 * 0.5)), Attainment(Model(rate: 50)), 9);
    }

    [Fact]
    public void Predict_RunsThatVary_LoseSlackByTheRootOfTheirTail()
    {
        Assert.Equal(
            1 - (0.5 * Math.Exp(-(0.1 - 0.015) / 0.01 * 0.5)),
            Attainment(Model(rate: 50, p95Factor: 2.25)),
            9
        );
    }

    [Fact]
    public void Predict_ARunLongerThanTheObjective_HopelessAttainment()
    {
        Assert.Equal(0.02, Attainment(Model(rate: 1, slo: 0.01)), 9);
    }

    [Fact]
    public void Predict_JustKeptUpWith_LeastAttainment()
    {
        Assert.Equal(0.05, Attainment(Model(rate: 99.95, slo: 0.011)), 9);
    }

    [Fact]
    public void Predict_TwiceTheCapacity_AdmissionGain()
    {
        // At the most utilisation, 0.999, nearly all wait and are late; half of the capacity is answered in time all
        // the same.
        double late = 0.999 * Math.Exp(-9 * 0.001);
        Assert.Equal((1 - late + 0.5) / 2, Attainment(Model(rate: 200)), 9);
    }

    [Fact]
    public void Predict_MoreThanTheCapacityButNoHurry_MostOverloadedAttainment()
    {
        Assert.Equal(0.95 / 2, Attainment(Model(rate: 200, slo: 1000)), 9);
    }

    [Fact]
    public void Predict_TwoThreads_SerialShare()
    {
        // A run of 10 ms takes 6.5 with two threads, 0.3 of it serial.
        PredictedModel model = Model(rate: 50);
        ReplicaKnobs knobs = ReplicaKnobs.Unset with { Threads = 2, Instances = 1 };

        double attainment = PlanEstimate.Predict(Cluster(2, model), Plan(knobs, model)).Attainment;

        double load = 50 * 0.0065;
        Assert.Equal(1 - (load * Math.Exp(-(0.1 - 0.0065) / 0.0065 * 2 * (1 - load))), attainment, 9);
    }

    [Fact]
    public void Predict_ANeighbourThatTakesAllCores_LeastRuns()
    {
        // A quarter of a core is left: 25 runs a second, of which 50 are asked for.
        PredictedModel model = Model(rate: 50, slo: 1000);
        PredictedModel neighbour = Model(rate: 10_000, slo: 0.001, name: "k");

        PredictedCluster cluster = Cluster(1, model, neighbour);
        double both = PlanEstimate.Predict(cluster, Plan(ReplicaKnobs.Unset, model, neighbour)).Attainment;
        double alone = PlanEstimate.Predict(cluster, Plan(ReplicaKnobs.Unset, neighbour)).Attainment;

        Assert.Equal(50.0 / 10_050 * 0.95 * 25 / 50, both - alone, 4);
    }

    [Fact]
    public void Predict_Batches_BatchRoundsRoundsAndDamping()
    {
        // Base 8 ms, 1 ms a row, 300 rows a second on one core: while r rows run, 0.3 (8 + r) arrive.
        PredictedModel model = Model(rate: 300, slo: 10) with
        {
            MaxRows = 32,
            Service = [new ServiceModel(new BatchCost(0.008, 0.001), 0, 1, true)],
        };
        double batch = 1;
        for (int round = 0; round < 4; round++)
        {
            batch = 0.3 * (8 + batch);
        }

        // Six rounds go half of the way each.
        double rows = batch + ((1 - batch) / 64);
        double run = (8 + rows) / 1000;
        Assert.Equal(1 - (0.999 * Math.Exp(-(10 - run) / run * 0.001)), Attainment(model), 9);
    }

    [Fact]
    public void Predict_TwoNodes_NCountsWhatCrossesLinksOfAGigabitWhereNoneSays()
    {
        // Half of 100 MB a second crosses, two links carry 125 MB each.
        PredictedModel model = Model(rate: 10) with
        {
            BytesPerRow = 10_000_000,
        };
        PredictedCluster cluster = TwoNodes(model);

        ClusterScore score = PlanEstimate.Predict(cluster, Plan(ReplicaKnobs.Unset, model)).Score;

        Assert.Equal(1 - (50.0 / 250), score.N, 9);
    }

    /// <summary>
    /// The figures of Rounds, BatchRounds, Damping, TakenShare and RunsARequest: each of them changes one.
    /// </summary>
    [Theory]
    [InlineData(60, 0.05, 0.940751997)]
    [InlineData(120, 0.05, 0.738748237)]
    [InlineData(180, 0.1, 0.104356770)]
    public void Predict_UnequalNodes_DemandIsDividedAsBefore(double rate, double slo, double expected)
    {
        PredictedModel model = Model(rate, slo) with
        {
            MaxRows = 8,
            Service =
            [
                new ServiceModel(new BatchCost(0.006, 0.002), 0.1, 1.2, true),
                new ServiceModel(new BatchCost(0.018, 0.006), 0.1, 1.2, true),
            ],
        };
        PredictedCluster cluster = TwoNodes(model);

        Assert.Equal(expected, PlanEstimate.Predict(cluster, OnBoth(model)).Attainment, 8);
    }

    [Fact]
    public void Predict_AReplicaThatIsFull_LeastAppeal()
    {
        // The fast node keeps up. The slow one, full all the time, attracts as much as a fiftieth of its capacity would.
        const double Rate = 900;
        const double Fast = 900;
        const double Slow = 4;
        PredictedModel model = Model(Rate, slo: 1000) with
        {
            Service =
            [
                new ServiceModel(new BatchCost(1 / Fast, 0), 0, 1, true),
                new ServiceModel(new BatchCost(1 / Slow, 0), 0, 1, true),
            ],
        };
        double part = 0.5;
        for (int round = 0; round < 6; round++)
        {
            double appeal = 0.02 * Slow;
            part = (0.5 * part) + (0.5 * appeal / (appeal + Fast - (0.7 * (1 - part) * Rate)));
        }

        double attainment = PlanEstimate.Predict(TwoNodes(model), OnBoth(model)).Attainment;

        Assert.Equal(1 - part + (0.95 * Slow / Rate), attainment, 9);
    }

    [Fact]
    public void Predict_RequestsOfManyRows_FirstRows()
    {
        // Batches of 8 rows from the first round on; of the four that are supposed before it, a 64th is left.
        PredictedModel model = Model(rate: 500) with
        {
            MaxRows = 8,
            RowsPerRequest = 8,
            Service = [new ServiceModel(new BatchCost(0, 0.001), 0, 1, true)],
        };

        double run = (8 - (4.0 / 64)) / 1000;
        Assert.Equal(1 - (0.5 * Math.Exp(-(0.1 - run) / run * 0.5)), Attainment(model), 9);
    }

    [Fact]
    public void Predict_NothingAskedFor_EverythingIsInTime()
    {
        Assert.Equal(1, Attainment(Model(rate: 0)));
    }

    private static double Attainment(PredictedModel model) =>
        PlanEstimate.Predict(Cluster(1, model), Plan(ReplicaKnobs.Unset, model)).Attainment;

    private static PredictedModel Model(double rate, double slo = 0.1, double p95Factor = 1, string name = "m") =>
        new()
        {
            Name = name,
            MemoryBytes = 10,
            SloSeconds = slo,
            MaxRows = 1,
            RowsPerSecond = rate,
            PeakRowsPerSecond = rate,
            RowsPerRequest = 1,
            BytesPerRow = 0,
            Pin = null,
            Service = [new ServiceModel(new BatchCost(0.01, 0), 0, p95Factor, true)],
        };

    private static PredictedCluster Cluster(int cores, params PredictedModel[] models) =>
        new([new PredictedNode("n0", Clusters.Address(0), cores, 100, 0, false)], models, IsTrusted: true);

    private static PredictedCluster TwoNodes(PredictedModel model)
    {
        PredictedNode[] nodes =
        [
            .. Enumerable.Range(0, 2).Select(n => new PredictedNode($"n{n}", Clusters.Address(n), 1, 100, 0, false)),
        ];
        IReadOnlyList<ServiceModel> service =
            model.Service.Count == 2 ? model.Service : [model.Service[0], model.Service[0]];
        return new PredictedCluster(nodes, [model with { Service = service }], IsTrusted: true);
    }

    private static ClusterPlan OnBoth(PredictedModel model)
    {
        ClusterPlan plan = Plan(ReplicaKnobs.Unset, model);
        ReplicaPlan[] replicas =
        [
            new ReplicaPlan(0, Clusters.Address(0), 1),
            new ReplicaPlan(1, Clusters.Address(1), 1),
        ];
        return plan with { Models = [plan.Models[0] with { Replicas = replicas }] };
    }

    private static ClusterPlan Plan(ReplicaKnobs knobs, params PredictedModel[] models) =>
        new()
        {
            Models =
            [
                .. models.Select(model => new ModelPlan
                {
                    Name = model.Name,
                    Replicas = [new ReplicaPlan(0, Clusters.Address(0), 1) { Knobs = knobs }],
                }),
            ],
        };
}
