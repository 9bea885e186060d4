using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Tests.Shared;
using OrleansInference.Training.Ads;

namespace OrleansInference.Training.Tests.Ads;

/// <summary>
/// The model <c>ads-ctr</c> that ships: the file that was trained, what it takes, and what it is worth.
/// </summary>
public sealed class ShippedModelTests
{
    private static readonly string Folder = RepositoryRoot.File("models", AdExport.Name);

    private static string Model => Path.Combine(Folder, "1", "model.onnx");

    [Fact]
    public void File_IsTheOneThatTheReadmeNames()
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Model)));

        Assert.Contains(hash, File.ReadAllText(RepositoryRoot.File("models", "README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Model_SaysWhatItTakesAndHowItWasMade()
    {
        using InferenceSession session = new(Model);

        Assert.Equal(["context", "image", "price", "text"], session.InputNames.Order(StringComparer.Ordinal));
        Assert.Equal(["click_probability"], session.OutputNames);
        Assert.Equal([-1, -1, -1, 3], session.InputMetadata["image"].Dimensions);
        Assert.Equal([-1, AdTitles.Length], session.InputMetadata["text"].Dimensions);
        Assert.StartsWith(
            "Training ads --rows",
            session.ModelMetadata.CustomMetadataMap["provenance"],
            StringComparison.Ordinal
        );
        Assert.Equal(64, session.ModelMetadata.CustomMetadataMap["weights_sha256"].Length);
    }

    /// <summary>On a log and on pictures that it has never seen.</summary>
    [Fact]
    public void Model_OnANewLog_ReachesNineTenthsOfWhatCanBeReached()
    {
        Picture[] pictures = DrawnPictures.Draw(800, 4242);
        Impression[] log = ClickModel.Write(pictures, 4000, 4243);
        using InferenceSession session = new(Model);

        List<double> scores = [];
        foreach (Impression[] rows in log.Chunk(100))
        {
            scores.AddRange(AdModelRun.Run(session, pictures, rows).Select(value => (double)value));
        }

        bool[] clicked = [.. log.Select(row => row.Clicked)];
        double reachable = ClickMetrics.Auc([.. log.Select(row => row.Probability)], clicked);
        double auc = ClickMetrics.Auc(scores, clicked);
        Assert.True(auc - 0.5 >= 0.9 * (reachable - 0.5), $"AUC {auc:F4} of {reachable:F4}");
    }

    /// <summary>The click probability of five rows, as the shipped weights gave it when they were trained.</summary>
    [Fact]
    public void Model_OnGoldenRows_AnswersAsItDid()
    {
        Picture[] pictures = DrawnPictures.Draw(16, 7);
        using InferenceSession session = new(Model);

        float[] actual = AdModelRun.Run(session, pictures, ClickModel.Write(pictures, 1000, 7)[..5]);

        string text = string.Join(
            ' ',
            actual.Select(value => value.ToString("F5", System.Globalization.CultureInfo.InvariantCulture))
        );
        for (int i = 0; i < Golden.Length; i++)
        {
            Assert.True(Math.Abs(Golden[i] - actual[i]) < 1e-4, text);
        }
    }

    private static readonly float[] Golden = [0.46326f, 0.53776f, 0.31151f, 0.24465f, 0.07309f];
}
