using OrleansInference.Engine.Policies;
using OrleansInference.Engine.Sessions;
using OrleansInference.Onnx.Building;
using Kind = OrleansInference.Onnx.Messages.TensorProto.Types.DataType;

namespace OrleansInference.Engine.Tests.Policies;

public sealed class PolicyModelTests
{
    private const int Width = 3;
    private const int Actions = 2;
    private const string Schema = "abc";

    [Fact]
    public void Run_TwoSets_GivesActionsAndRanks()
    {
        using PolicyModel policy = PolicyModel.Load(File(1), Schema, Width, Actions);
        float[] actions = new float[2 * 1 * Actions];
        float[] ranks = new float[2];

        policy.Run([1, 2, 3, 4, 5, 6], [1, 1], 2, 1, actions, ranks);

        Assert.Equal([6f, 6, 15, 15], actions);
        Assert.Equal([6f, 15], ranks);
        Assert.Equal("a test", policy.Provenance);
    }

    [Fact]
    public void Load_AnotherSchema_IsRefused() =>
        AssertRefused(File(1, schema: "xyz"), "made for the schema xyz, this version has abc");

    [Fact]
    public void Load_WeightsThatAreNoNumbers_IsRefused() =>
        AssertRefused(File(float.NaN), "'w' holds values that are no numbers");

    [Fact]
    public void Load_InfiniteWeights_IsRefused() =>
        AssertRefused(File(float.PositiveInfinity), "'w' holds values that are no numbers");

    [Fact]
    public void Load_ChangedAfterTraining_IsRefused() =>
        AssertRefused(File(1, hash: new string('0', 64)), "it was changed after training");

    [Fact]
    public void Load_NoHash_IsRefused() => AssertRefused(File(1, hash: ""), "says nothing of its weights_sha256");

    [Fact]
    public void Load_NoOnnxFile_IsRefused() => AssertRefused([1, 2, 3], "is not an ONNX file");

    [Fact]
    public void Load_AnotherWidth_IsRefused()
    {
        ModelLoadException refused = Assert.Throws<ModelLoadException>(() =>
            PolicyModel.Load(File(1), Schema, Width + 1, Actions)
        );

        Assert.Contains("cannot be run", refused.Message, StringComparison.Ordinal);
    }

    private static void AssertRefused(byte[] file, string reason)
    {
        ModelLoadException refused = Assert.Throws<ModelLoadException>(() =>
            PolicyModel.Load(file, Schema, Width, Actions)
        );
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Actions and ranks are sums of the tokens times a weight.</summary>
    private static byte[] File(float weight, string schema = Schema, string? hash = null)
    {
        OnnxGraphBuilder graph = new("policy");
        graph
            .Input("tokens", Kind.Float, "sets", "count", Width)
            .Input("mask", Kind.Float, "sets", "count")
            .Initializer(OnnxTensor.Of<float>("w", [weight, weight, weight, weight, weight, weight], Width, Actions))
            .Initializer(OnnxTensor.Of<long>("axes", [1, 2], 2))
            .Node("MatMul", ["tokens", "w"], ["actions"])
            .Node(
                "ReduceMean",
                ["actions"],
                ["ranks"],
                OnnxAttribute.Of("axes", [1L, 2]),
                OnnxAttribute.Of("keepdims", 0L)
            )
            .Output("actions", Kind.Float, "sets", "count", Actions)
            .Output("ranks", Kind.Float, "sets");
        graph.Metadata(PolicyModel.SchemaKey, schema).Metadata(PolicyModel.ProvenanceKey, "a test");
        if (hash != "")
        {
            graph.Metadata(PolicyModel.WeightsKey, hash ?? PolicyModel.HashOf(graph.Build()));
        }
        return graph.ToBytes();
    }
}
