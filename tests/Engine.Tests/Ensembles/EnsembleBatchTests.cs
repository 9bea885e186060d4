using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Ensembles;

/// <summary>Ensembles and steps of which one batches and the other does not, and reshapes at the ends.</summary>
public sealed class EnsembleBatchTests
{
    private const string Chain = """
        ensemble_scheduling {
          step { model_name: "first" input_map { key: "x" value: "in" } output_map { key: "y" value: "middle" } }
          step { model_name: "second" input_map { key: "x" value: "middle" } output_map { key: "y" value: "out" } }
        }
        """;

    [Fact]
    public async Task InferAsync_UnbatchedEnsembleOfBatchingSteps_IsOneRow()
    {
        await using TestEngine test = await StartAsync(
            FixtureModels.Scale(3, 2),
            FixtureModels.Scale(3, 5),
            Ends(0, "dims: 3", "dims: 3")
        );

        Tensor answer = await RunAsync(test, [1, 2, 3], 3);

        Assert.Equal([3L], answer.Shape.ToArray());
        Assert.Equal([10f, 20, 30], TestEngine.Floats(answer));
    }

    [Fact]
    public async Task InferAsync_BatchedEnsembleOverAStepWithoutBatch_TakesOneRowAndRefusesTwo()
    {
        await using TestEngine test = await StartAsync(
            FixtureModels.Scale(3, 2),
            FixtureModels.NoBatch(3),
            Ends(4, "dims: 3", "dims: 3")
        );

        Tensor answer = await RunAsync(test, [1, 2, 3], 1, 3);
        using InferenceAnswer two = await test.InferAsync(
            TestEngine.Request("e", TestEngine.Floats("in", [1, 2, 3, 4, 5, 6], 2, 3))
        );

        Assert.Equal([1L, 3], answer.Shape.ToArray());
        Assert.Equal([4f, 8, 12], TestEngine.Floats(answer));
        Assert.Equal(InferenceError.InvalidArgument, two.Error);
        Assert.Contains("model 'second'", two.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("Expected [3], got [2,3]", two.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InferAsync_BatchedEnsembleOverAStepThatTakesRowsAsADimension_TakesMany()
    {
        await using TestEngine test = await StartAsync(
            FixtureModels.Scale(3, 2),
            FixtureModels.Scale(3, 5),
            Ends(4, "dims: 3", "dims: 3"),
            "max_batch_size: 0 input { name: \"x\" data_type: TYPE_FP32 dims: [ -1, 3 ] }"
        );

        Tensor answer = await RunAsync(test, [1, 2, 3, 4, 5, 6], 2, 3);

        Assert.Equal([2L, 3], answer.Shape.ToArray());
        Assert.Equal([10f, 20, 30, 40, 50, 60], TestEngine.Floats(answer));
    }

    [Fact]
    public async Task InferAsync_ReshapeAtTheEnds_IsBetweenCallersAndSteps()
    {
        await using TestEngine test = await StartAsync(
            FixtureModels.Scale(4, 2),
            FixtureModels.Scale(4, 5),
            Ends(4, "dims: [ 2, 2 ] reshape { shape: 4 }", "dims: [ 4, 1 ] reshape { shape: 4 }")
        );

        Tensor answer = await RunAsync(test, [1, 2, 3, 4], 1, 2, 2);

        Assert.Equal([1L, 4, 1], answer.Shape.ToArray());
        Assert.Equal([10f, 20, 30, 40], TestEngine.Floats(answer));
    }

    [Theory]
    [InlineData("dims: 2", "dims: 3", "inconsistent shape: [2] is inferred from model e while [-1,3]")]
    [InlineData("dims: 3", "dims: [ 1, 1, 3 ]", "while [1,1,3] is inferred from model e")]
    public async Task LoadAsync_ShapesThatNoBatchExplains_AreRefused(string input, string output, string expected)
    {
        await using TestEngine test = await StartAsync(
            FixtureModels.Scale(3, 2),
            FixtureModels.Scale(3, 5),
            Ends(0, input, output)
        );

        Assert.Contains(expected, test.Engine.Index.Single(line => line.Name == "e").Reason, StringComparison.Ordinal);
    }

    private static string Ends(int maxBatchSize, string input, string output) =>
        $$"""
            platform: "ensemble"
            max_batch_size: {{maxBatchSize}}
            input { name: "in" data_type: TYPE_FP32 {{input}} }
            output { name: "out" data_type: TYPE_FP32 {{output}} }
            """ + Chain;

    private static Task<TestEngine> StartAsync(byte[] first, byte[] second, string ensemble, string? config = null) =>
        TestEngine.StartAsync(("first", first, null), ("second", second, config), ("e", [], ensemble));

    private static async Task<Tensor> RunAsync(TestEngine test, float[] values, params long[] shape)
    {
        InferenceAnswer response = await test.InferAsync(
            TestEngine.Request("e", TestEngine.Floats("in", values, shape))
        );
        return response.EnsureSuccess().Output("out");
    }
}
