using OrleansInference.Engine.Ensembles;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Ensembles;

/// <summary>A request runs what its outputs need, and no more.</summary>
public sealed class EnsembleSelectionTests
{
    private const string TwoWays = """
        platform: "ensemble"
        max_batch_size: 4
        input { name: "in" data_type: TYPE_FP32 dims: 2 }
        output { name: "left" data_type: TYPE_FP32 dims: 2 }
        output { name: "right" data_type: TYPE_FP32 dims: 2 }
        ensemble_scheduling {
          step { model_name: "shared" input_map { key: "x" value: "in" } output_map { key: "y" value: "both" } }
          step { model_name: "one" input_map { key: "x" value: "both" } output_map { key: "y" value: "left" } }
          step { model_name: "before" input_map { key: "x" value: "both" } output_map { key: "y" value: "deep" } }
          step { model_name: "two" input_map { key: "x" value: "deep" } output_map { key: "y" value: "right" } }
        }
        """;

    [Theory]
    [InlineData("left", 1, 1, 0, 0)]
    [InlineData("right", 1, 0, 1, 1)]
    [InlineData("left,right", 1, 1, 1, 1)]
    [InlineData("", 1, 1, 1, 1)]
    public async Task InferAsync_SomeOutputs_RunTheStepsThatLeadThere(
        string outputs,
        int shared,
        int one,
        int before,
        int two
    )
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("shared", FixtureModels.Scale(2, 2), null),
            ("one", FixtureModels.Scale(2, 3), null),
            ("before", FixtureModels.Scale(2, 5), null),
            ("two", FixtureModels.Scale(2, 7), null),
            ("e", [], TwoWays)
        );
        string[] requested = outputs.Split(',', StringSplitOptions.RemoveEmptyEntries);

        InferenceAnswer response = await test.InferAsync(
            TestEngine.Request("e", TestEngine.Floats("in", [1, 2], 1, 2)) with
            {
                RequestedOutputs = requested,
            }
        );

        string[] given = [.. response.EnsureSuccess().Outputs.Select(output => output.Name)];
        Assert.Equal(requested.Length == 0 ? ["left", "right"] : requested, given);
        Assert.Equal(
            [shared, one, before, two],
            new[] { "shared", "one", "before", "two" }.Select(name =>
                (int)test.Engine.Statistics(test.Replica(name)).Success.Count
            )
        );
        if (given.Contains("right"))
        {
            Assert.Equal([70f, 140], TestEngine.Floats(response.Output("right")));
        }
    }

    [Fact]
    public void Steps_AnOutputThatAnotherStepReads_KeepItsMaker()
    {
        EnsembleStep[] steps = [Step("a", "in", "first"), Step("b", "first", "second")];

        EnsembleSelection second = new(steps, ["first", "second"], ["second"]);
        EnsembleSelection first = new(steps, ["first", "second"], ["first"]);

        Assert.Equal(["a", "b"], second.Steps.Select(step => step.ModelName));
        Assert.Equal(1, second.Readers("first"));
        Assert.Equal(["a"], first.Steps.Select(step => step.ModelName));
        Assert.Equal(0, first.Readers("second"));
    }

    private static EnsembleStep Step(string model, string input, string output) =>
        new(
            model,
            "",
            new Dictionary<string, string> { ["x"] = input },
            new Dictionary<string, string> { ["y"] = output }
        );
}
