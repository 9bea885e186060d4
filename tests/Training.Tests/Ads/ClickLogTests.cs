using OrleansInference.Training.Ads;

namespace OrleansInference.Training.Tests.Ads;

/// <summary>The semi-synthetic click log: its signal sits where it is said to, and its measures are right.</summary>
public sealed class ClickLogTests
{
    [Fact]
    public void Write_TheClickModel_LosesWhatItIsSaidToWithoutPictureAndText()
    {
        Impression[] log = ClickModel.Write(DrawnPictures.Draw(400, 1), 40_000, 1);
        bool[] clicked = [.. log.Select(row => row.Clicked)];

        double all = ClickMetrics.Auc([.. log.Select(row => row.Probability)], clicked);

        Assert.InRange(all, 0.75, 0.9);
        Assert.True(all - ClickMetrics.Auc([.. log.Select(row => row.WithoutPicture)], clicked) >= 0.05);
        Assert.True(all - ClickMetrics.Auc([.. log.Select(row => row.WithoutText)], clicked) >= 0.03);
        // Probabilities are what they say, with and without an input.
        Assert.Equal(log.Average(row => row.Probability), clicked.Count(click => click) / (double)log.Length, 0.01);
        Assert.Equal(log.Average(row => row.Probability), log.Average(row => row.WithoutPicture), 0.01);
        Assert.Equal(log.Average(row => row.Probability), log.Average(row => row.WithoutText), 0.01);
    }

    [Fact]
    public void Write_TheSameSeed_WritesTheSameInTheOrderOfTime()
    {
        Picture[] pictures = DrawnPictures.Draw(50, 2);

        Impression[] one = ClickModel.Write(pictures, 2000, 3);
        Impression[] other = ClickModel.Write(pictures, 2000, 3);

        Assert.Equal(one, other);
        Assert.NotEqual(one, ClickModel.Write(pictures, 2000, 4));
        Assert.True(one.Select(row => row.Hour).Distinct().Count() == 24);
    }

    [Theory]
    [InlineData(new[] { 0.1, 0.2, 0.8, 0.9 }, new[] { false, false, true, true }, 1)]
    [InlineData(new[] { 0.9, 0.8, 0.2, 0.1 }, new[] { false, false, true, true }, 0)]
    [InlineData(new[] { 0.5, 0.5, 0.5, 0.5 }, new[] { false, true, false, true }, 0.5)]
    [InlineData(new[] { 0.1, 0.4, 0.35, 0.8 }, new[] { false, false, true, true }, 0.75)]
    [InlineData(new[] { 0.1, 0.2 }, new[] { true, true }, 0.5)]
    public void Auc_OfKnownRows_IsWhatItIs(double[] scores, bool[] clicked, double expected) =>
        Assert.Equal(expected, ClickMetrics.Auc(scores, clicked), 1e-12);

    [Fact]
    public void Ids_OfATitle_AreItsWordsAndPairsPadded()
    {
        long[] ids = AdTitles.Ids("Running, shoes SALE");
        long[] again = AdTitles.Ids("running shoes sale");

        Assert.Equal(AdTitles.Length, ids.Length);
        Assert.Equal(again, ids);
        Assert.Equal(5, ids.Count(id => id > 0));
        Assert.All(ids, id => Assert.InRange(id, 0, AdTitles.Buckets - 1));
        Assert.All(AdTitles.Ids(""), id => Assert.Equal(0, id));
    }

    [Fact]
    public void Read_AFolder_TakesItsSubfoldersAsCategories()
    {
        string zip = Path.GetFullPath(
            Path.Combine(
                OrleansInference.Tests.Shared.RepositoryRoot.Path,
                "..",
                "shared",
                "data",
                "images",
                "cifar10-subset.zip"
            )
        );
        Assert.SkipUnless(File.Exists(zip), "the optional data is not there (cifar10-subset.zip)");

        Picture[] pictures = FolderPictures.Read(zip);

        Assert.Equal(Picture.Categories, pictures.Select(picture => picture.Category).Distinct().Count());
        Assert.All(pictures, picture => Assert.Equal(Picture.Size * Picture.Size * 3, picture.Pixels.Length));
    }

    [Fact]
    public void Read_NoPictures_SaysWhatIsNeeded()
    {
        string folder = Directory.CreateTempSubdirectory("pictures").FullName;
        try
        {
            Assert.Contains(
                "8 are needed",
                Assert.Throws<FormatException>(() => FolderPictures.Read(folder)).Message,
                StringComparison.Ordinal
            );
            Assert.Contains(
                "there is no folder",
                Assert.Throws<FormatException>(() => FolderPictures.Read(Path.Combine(folder, "none"))).Message,
                StringComparison.Ordinal
            );
        }
        finally
        {
            Directory.Delete(folder);
        }
    }
}
