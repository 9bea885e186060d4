using Microsoft.ML.OnnxRuntime;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Onnx.Tests.Samples;

public sealed class ColorNamesModelTests : IDisposable
{
    private readonly InferenceSession _session = new(ColorNamesModel.Create());

    private static string ShippedFolder => Path.Combine(Checkout.Root, "models", ColorNamesModel.Name);

    public void Dispose() => _session.Dispose();

    /// <summary>With UPDATE_MODELS=1 in the environment this writes the files instead: see models/README.md.</summary>
    [Fact]
    public void ColorNamesModel_Rebuilt_EqualsShippedFile()
    {
        string model = Path.Combine(ShippedFolder, "1", "model.onnx");
        string labels = Path.Combine(ShippedFolder, "labels.txt");
        string labelText = string.Concat(NamedColor.All.Select(color => color.Name + "\n"));
        if (Environment.GetEnvironmentVariable("UPDATE_MODELS") == "1")
        {
            File.WriteAllBytes(model, ColorNamesModel.Create());
            File.WriteAllText(labels, labelText);
        }

        Assert.Equal(File.ReadAllBytes(model), ColorNamesModel.Create());
        Assert.Equal(File.ReadAllText(labels), labelText);
    }

    [Theory]
    [InlineData(255, 140, 0, "orange")]
    [InlineData(250, 10, 10, "red")]
    [InlineData(20, 30, 240, "blue")]
    [InlineData(0, 0, 110, "navy")]
    [InlineData(34, 139, 34, "green")]
    [InlineData(160, 82, 45, "brown")]
    [InlineData(255, 182, 193, "pink")]
    [InlineData(250, 250, 250, "white")]
    [InlineData(20, 20, 20, "black")]
    [InlineData(120, 120, 125, "gray")]
    [InlineData(135, 200, 240, "sky blue")]
    [InlineData(300, 300, -20, "yellow")]
    public void Label_EverydayColor_IsWhatPeopleCallIt(float red, float green, float blue, string expected) =>
        Assert.Equal([expected], Run([red, green, blue]).Labels);

    [Fact]
    public void Label_EveryNamedColor_IsItsOwnName()
    {
        float[] rgb = [.. NamedColor.All.SelectMany(color => (float[])[color.Red, color.Green, color.Blue])];
        Assert.Equal(NamedColor.All.Select(color => color.Name), Run(rgb).Labels);
    }

    [Fact]
    public void Scores_RandomColors_AgreeWithThePlainComputation()
    {
        Random random = new(3);
        float[] rgb = [.. Enumerable.Range(0, 300).Select(_ => (float)(random.NextDouble() * 255))];
        float[] scores = Run(rgb).Scores;
        int names = NamedColor.All.Count;
        for (int row = 0; row < 100; row++)
        {
            double[] expected = Expected(rgb[row * 3], rgb[(row * 3) + 1], rgb[(row * 3) + 2]);
            for (int name = 0; name < names; name++)
            {
                Assert.Equal(expected[name], scores[(row * names) + name], 1e-4);
            }
        }
    }

    [Theory]
    // CIE L*a*b* (D65) of the sRGB primaries and of black, white and middle gray, as published colour calculators give
    // them.
    [InlineData(255, 0, 0, 53.24, 80.09, 67.20)]
    [InlineData(0, 255, 0, 87.73, -86.18, 83.18)]
    [InlineData(0, 0, 255, 32.30, 79.19, -107.86)]
    [InlineData(255, 255, 255, 100, 0, 0)]
    [InlineData(128, 128, 128, 53.59, 0, 0)]
    [InlineData(0, 0, 0, 0, 0, 0)]
    public void Lab_KnownColor_HasItsPublishedCoordinates(
        double red,
        double green,
        double blue,
        double lightness,
        double a,
        double b
    )
    {
        double[] lab = CieLab.FromRgb(red, green, blue);
        Assert.Equal(lightness, lab[0], 0.05);
        Assert.Equal(a, lab[1], 0.05);
        Assert.Equal(b, lab[2], 0.05);
    }

    private static double[] Expected(double red, double green, double blue)
    {
        double[] lab = CieLab.FromRgb(red, green, blue);
        double[] weights =
        [
            .. NamedColor.All.Select(color =>
                Math.Exp(
                    -Distance(lab, CieLab.FromRgb(color.Red, color.Green, color.Blue)) / ColorNamesModel.Temperature
                )
            ),
        ];
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    private static double Distance(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();

    private (float[] Scores, string[] Labels) Run(float[] rgb)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(rgb, [rgb.Length / 3, 3]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(
            options,
            ["rgb"],
            [input],
            ["scores", "label"]
        );
        return ([.. results[0].GetTensorDataAsSpan<float>()], results[1].GetStringTensorAsArray());
    }
}
