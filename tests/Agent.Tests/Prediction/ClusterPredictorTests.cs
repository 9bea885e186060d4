using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Prediction;

public sealed class ClusterPredictorTests
{
    private readonly ClusterWindowTracker _windows = new();

    [Fact]
    public void Predict_AQueueThatGrows_WasAskedForToo()
    {
        ClusterPredictor predictor = new();
        NodeReport report = Clusters.Report(0, serves: ("m", "r"));
        for (int second = 0; second <= 30; second++)
        {
            // 60 requests a second come, 50 are answered.
            ReplicaReport replica = report.Replicas[0] with
            {
                Requests = 50 * second,
                Rows = 50 * second,
                Runs = 50 * second,
                RunSeconds = second,
                Queued = 10 * second,
            };
            predictor.Observe(_windows.Advance([report with { Replicas = [replica] }], TimeSpan.FromSeconds(second)));
        }

        PredictedModel model = Assert.Single(Predict(predictor, report, 30).Models);

        Assert.InRange(model.RowsPerSecond, 58, 62);
    }

    [Fact]
    public void Predict_AnEmulatedDevice_RunsByItsLanesAndIsSlowedByItsOwnModelsAlone()
    {
        ClusterPredictor predictor = new();
        NodeReport report = Clusters.Report(0, serves: [("a", "r"), ("b", "r")]);
        report = report with
        {
            Resources = new NodeResources
            {
                Cores = 2,
                Lanes = 4,
                MemoryBytes = 100,
                Devices = ["EmulatedExecutionProvider"],
            },
        };
        Random random = new(1);
        double[] ran = new double[2];
        for (int second = 0; second <= 200; second++)
        {
            // The processor is busy with something, now and then, that does not touch the device; b's runs do.
            double besides = random.NextDouble() * 2;
            ran[0] = ran[0] + (100 * 0.001 * (1 + (0.2 * besides)));
            ran[1] = ran[1] + besides;
            ReplicaReport[] replicas =
            [
                .. report.Replicas.Select(
                    (replica, i) =>
                        replica with
                        {
                            Requests = 100 * second,
                            Rows = 100 * second,
                            Runs = 100 * second,
                            RunSeconds = ran[i],
                        }
                ),
            ];
            predictor.Observe(
                _windows.Advance(
                    [report with { CpuShare = second % 2, Replicas = replicas }],
                    TimeSpan.FromSeconds(second)
                )
            );
        }

        PredictedCluster cluster = Predict(predictor, report, 200);

        Assert.Equal(4, Assert.Single(cluster.Nodes).Cores);
        Assert.InRange(cluster.Models[0].Service[0].Interference, 0.15, 0.25);
    }

    [Fact]
    public void Predict_TwoVersionsOfAModelAreServed_CountsWhatBothDid()
    {
        ClusterPredictor predictor = new();
        NodeReport report = Clusters.Report(0, serves: ("m", "r"));
        for (int second = 0; second <= 30; second++)
        {
            // The old version still answers 100 requests a second, of 2 ms each; the new one 20, of 2 ms as well.
            ReplicaReport older = Counted("1", 100 * second, 0.2 * second);
            ReplicaReport newer = Counted("2", 20 * second, 0.04 * second);
            predictor.Observe(
                _windows.Advance(
                    [report with { CpuShare = 0.12, Replicas = [older, newer] }],
                    TimeSpan.FromSeconds(second)
                )
            );
        }

        PredictedModel model = Assert.Single(Predict(predictor, report, 30).Models);

        Assert.Equal(120, model.RowsPerSecond, 1.0);
        Assert.Equal(0.002, model.Service[0].Seconds(1, 0), 0.0001);

        ReplicaReport Counted(string version, int requests, double runSeconds) =>
            report.Replicas[0] with
            {
                Version = version,
                Requests = requests,
                Rows = requests,
                Runs = requests,
                RunSeconds = runSeconds,
            };
    }

    private static PredictedCluster Predict(ClusterPredictor predictor, NodeReport report, int second) =>
        predictor.Predict(
            new ClusterObservation(
                [Clusters.Node(0)],
                [.. report.Replicas.Select(replica => Clusters.Model(replica.Model))]
            )
            {
                Reports = [report],
            },
            TimeSpan.FromSeconds(second)
        );
}
