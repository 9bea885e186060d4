using Microsoft.ML.OnnxRuntime;
using OrleansInference.Training.Ads;
using TorchSharp;

namespace OrleansInference.Training.Tests.Ads;

/// <summary>The ad model in Torch and as ONNX. Skipped where Torch's library does not load.</summary>
public sealed class AdNetworkTests
{
    private static readonly Picture[] Pictures = [.. DrawnPictures.Draw(64, 1)];

    [Fact]
    public void Export_AnyWeights_AnswersAsTorchDoes()
    {
        Assert.SkipUnless(TorchLibrary.Problem is null, TorchLibrary.Problem ?? "");
        torch.random.manual_seed(1);
        Impression[] log = ClickModel.Write(Pictures, 1000, 1);
        AdTrainer trainer = new(Pictures, log);
        using AdNetwork network = new();
        // A few steps, so that the normalisation has statistics of its own.
        trainer.Train(
            network,
            new TrainingOptions { Epochs = 1, BatchSize = 50 },
            (_, _) => { },
            CancellationToken.None
        );
        int[] rows = [.. Enumerable.Range(0, 32)];

        double[] expected = trainer.Predict(network, rows, new TrainingOptions());
        byte[] model = AdExport.Write(network, "a test");

        using InferenceSession session = new(model);
        float[] actual = AdModelRun.Run(session, Pictures, [.. rows.Select(row => log[row])]);
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-5);
        }
        Assert.True(actual.Distinct().Count() > 10);
        Assert.Equal(model, AdExport.Write(network, "a test"));
    }

    [Fact]
    public void Train_ASmallLog_LearnsFromIt()
    {
        Assert.SkipUnless(TorchLibrary.Problem is null, TorchLibrary.Problem ?? "");
        torch.random.manual_seed(2);
        Impression[] log = ClickModel.Write(Pictures, 6000, 2);
        AdTrainer trainer = new(Pictures, log);
        using AdNetwork network = new();

        IReadOnlyList<TrainingEpoch> epochs = trainer.Train(
            network,
            new TrainingOptions { Epochs = 4, LearningRate = 5e-3 },
            (_, _) => { },
            CancellationToken.None
        );

        Assert.True(epochs[^1].TrainingLoss < epochs[0].TrainingLoss);
        Assert.True(trainer.Score(network, trainer.Split.Test, new TrainingOptions()).Auc > 0.6);
    }

    [Fact]
    public void MultiplyAdds_OfTheServedNetwork_AreATenthOfTheDocumentsAtMost() =>
        Assert.True(AdNetwork.MultiplyAdds * 10 <= DocumentNetwork.MultiplyAdds);
}
