using OrleansInference.Engine.Replicas;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Ensembles;

/// <summary>An ensemble without labels of its own has those of the step that makes the output.</summary>
public sealed class EnsembleLabelTests
{
    [Theory]
    [InlineData("", "of the step")]
    [InlineData("label_filename: \"own.txt\"", "of its own")]
    public async Task Labels_OfAnEnsembleInAnEnsemble_AreTheMakersUnlessItHasSome(string file, string expected)
    {
        await using TestEngine test = new();
        test.Write("step", FixtureModels.Scale(2, 2), "output { name: \"y\" label_filename: \"l.txt\" }");
        test.Write("inner", [], Ensemble("step", "x", "y", ""));
        test.Write("outer", [], Ensemble("inner", "in", "out", file));
        File.WriteAllText(Path.Combine(test.Folder, "step", "l.txt"), "of the step\n");
        File.WriteAllText(Path.Combine(test.Folder, "outer", "own.txt"), "of its own\n");
        await test.Engine.StartAsync(TestContext.Current.CancellationToken);

        IServedModel outer = test.Engine.Find("outer", "", out _, out string message)!;

        Assert.True(outer is not null, message + string.Join("; ", test.Engine.Index));
        Assert.Equal([expected], test.Engine.Labels(outer, "out"));
    }

    private static string Ensemble(string model, string input, string output, string labels) =>
        $$"""
            platform: "ensemble"
            max_batch_size: 4
            input { name: "in" data_type: TYPE_FP32 dims: 2 }
            output { name: "out" data_type: TYPE_FP32 dims: 2 {{labels}} }
            ensemble_scheduling {
              step { model_name: "{{model}}" input_map { key: "{{input}}" value: "in" } output_map { key: "{{output}}" value: "out" } }
            }
            """;
}
