using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Reading;

namespace OrleansInference.Engine.Tests.Repository;

/// <summary>Callers see dims, the graph sees reshape, and the elements are the same.</summary>
public sealed class ReshapeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("reshape { shape: [ ] }")]
    [InlineData("")]
    public async Task InferAsync_AVectorOfTheBatch_HasOneColumnForCallers(string reshape)
    {
        await using TestEngine test = await StartAsync(
            ["batch"],
            "max_batch_size: 8 dynamic_batching { max_queue_delay_microseconds: 20000 }",
            "dims: 1 " + reshape
        );

        float[][] answers = await Task.WhenAll(
            Enumerable.Range(1, 20).Select(i => RunAsync(test, [i, i + 0.5f, -i], [3, 1]))
        );

        Assert.Equal(Enumerable.Range(1, 20).Select(i => new[] { -i, -i - 0.5f, i }), answers);
    }

    [Fact]
    public async Task InferAsync_AModelOfOneRow_TakesTheRow()
    {
        await using TestEngine test = await StartAsync(
            [1, 3],
            "max_batch_size: 0",
            "dims: 3 reshape { shape: [ 1, 3 ] }"
        );

        Assert.Equal(new float[] { -1, -2, -3 }, await RunAsync(test, [1, 2, 3], [3]));
    }

    [Fact]
    public async Task InferAsync_FreeDimensions_AreCarriedOver()
    {
        await using TestEngine test = await StartAsync(
            ["batch", "length", 2],
            "max_batch_size: 8",
            "dims: [ -1, 1, 2 ] reshape { shape: [ -1, 2 ] }"
        );

        Assert.Equal(new float[] { -1, -2, -3, -4, -5, -6 }, await RunAsync(test, [1, 2, 3, 4, 5, 6], [1, 3, 1, 2]));
    }

    [Fact]
    public async Task InferAsync_AScalar_IsOneElementForCallers()
    {
        await using TestEngine test = await StartAsync([], "max_batch_size: 0", "dims: 1");

        Assert.Equal(new float[] { -7 }, await RunAsync(test, [7], [1]));
    }

    [Fact]
    public async Task InferAsync_TheGraphsOwnShape_IsRefusedByWhatCallersSee()
    {
        await using TestEngine test = await StartAsync(
            [1, 3],
            "max_batch_size: 0",
            "dims: 3 reshape { shape: [ 1, 3 ] }"
        );

        using InferenceAnswer response = await test.InferAsync(
            TestEngine.Request("m", TestEngine.Floats("x", [1, 2, 3], 1, 3))
        );

        Assert.Equal(InferenceError.InvalidArgument, response.Error);
        Assert.Contains("Expected [3], got [1,3]", response.ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dims: 4 reshape { shape: [ 1, 3 ] }", "dims [4], reshape [1,3]")]
    [InlineData("dims: 3 reshape { shape: [ 3 ] }", "specifies 1 dimensions (shape [3]), by its reshape")]
    [InlineData("dims: -1 reshape { shape: [ 1, 3 ] }", "has different size for dims and reshape")]
    public async Task LoadAsync_AReshapeThatCannotBe_IsRefusedByName(string dims, string expected)
    {
        await using TestEngine test = await StartAsync([1, 3], "max_batch_size: 0", dims);

        Assert.Contains(expected, Assert.Single(test.Engine.Index).Reason, StringComparison.Ordinal);
        Assert.Empty(test.Engine.Models);
    }

    private static Task<TestEngine> StartAsync(OnnxDimension[] shape, string config, string dims)
    {
        byte[] model = new OnnxGraphBuilder("negated")
            .Input("x", TensorProto.Types.DataType.Float, shape)
            .Node("Neg", ["x"], ["y"])
            .Output("y", TensorProto.Types.DataType.Float, shape)
            .ToBytes();
        return TestEngine.StartAsync(
            ("m", model, $$"""{{config}} input { name: "x" {{dims}} } output { name: "y" {{dims}} }""")
        );
    }

    private static async Task<float[]> RunAsync(TestEngine test, float[] values, long[] shape)
    {
        Assert.Equal(ModelState.Ready, Assert.Single(test.Engine.Index).State);
        using InferenceAnswer response = await test.InferAsync(
            TestEngine.Request("m", TestEngine.Floats("x", values, shape)),
            Token
        );
        Assert.Equal("", response.ErrorMessage);
        Assert.Equal(shape, Assert.Single(response.Outputs).Shape.ToArray());
        return TestEngine.Floats(response.Outputs[0]);
    }
}
