using OrleansInference.Agent.Policy;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Policies;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Samples;
using Kind = OrleansInference.Onnx.Messages.TensorProto.Types.DataType;

namespace OrleansInference.Grains.Tests.Cluster;

/// <summary>
/// Learned policies on live silos: taken up everywhere, refused where they are wrong, taken back by one call.
/// </summary>
public sealed class PolicyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Promote_AndRollBack_ReachEveryNode()
    {
        await using ServedCluster cluster = await ServedCluster.StartAsync(
            2,
            ModelControlMode.All,
            [],
            ("m", FixtureModels.Scale(3, 2f), "")
        );
        IPolicyControl control = cluster.Service<IPolicyControl>(0);

        PolicyVersion first = await control.PromoteAsync(File(1), "first", Token);
        await UntilAsync(cluster, "1");
        await control.PromoteAsync(File(2), "second", Token);
        await UntilAsync(cluster, "2");
        PolicyVersion? back = await control.RollBackAsync(Token);
        await UntilAsync(cluster, "1");
        PolicyVersion? none = await control.RollBackAsync(Token);
        await UntilAsync(cluster, null);

        Assert.Equal((1, first.Hash), (back!.Number, back.Hash));
        Assert.Null(none);
        Assert.Equal(
            ["first", "second"],
            (await cluster.Service<IPolicyControl>(1).ListAsync(Token)).Select(version => version.Report)
        );
        Assert.Contains(
            "the planner decides alone",
            (await Assert.ThrowsAsync<InferenceException>(() => control.RollBackAsync(Token))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Promote_AWrongFile_IsRefusedAndThePresentOneStays()
    {
        await using ServedCluster cluster = await ServedCluster.StartAsync(
            ModelControlMode.All,
            ("m", FixtureModels.Scale(3, 2f), "")
        );
        IPolicyControl control = cluster.Service<IPolicyControl>(0);
        await control.PromoteAsync(File(1), "good", Token);
        await UntilAsync(cluster, "1");

        InferenceException notNumbers = await Assert.ThrowsAsync<InferenceException>(() =>
            control.PromoteAsync(File(float.NaN), "", Token)
        );
        InferenceException schema = await Assert.ThrowsAsync<InferenceException>(() =>
            control.PromoteAsync(File(1, "other"), "", Token)
        );

        Assert.Contains("no numbers", notNumbers.Message, StringComparison.Ordinal);
        Assert.Contains("schema", schema.Message, StringComparison.Ordinal);
        Assert.Equal("1", cluster.Service<PolicySlot>(0).Current!.Version);
    }

    [Fact]
    public async Task Promote_Twelve_KeepsTheLastTen()
    {
        await using ServedCluster cluster = await ServedCluster.StartAsync(
            ModelControlMode.All,
            ("m", FixtureModels.Scale(3, 2f), "")
        );
        IPolicyControl control = cluster.Service<IPolicyControl>(0);

        for (int i = 1; i <= 12; i++)
        {
            await control.PromoteAsync(File(i), $"{i}", Token);
        }

        Assert.Equal(
            Enumerable.Range(3, 10).Select(i => $"{i}"),
            (await control.ListAsync(Token)).Select(version => version.Report)
        );
    }

    private static async Task UntilAsync(ServedCluster cluster, string? version)
    {
        while (
            Enumerable
                .Range(0, cluster.Silos.Count)
                .Any(i => cluster.Service<PolicySlot>(i).Current?.Version != version)
        )
        {
            await Task.Delay(100, Token);
        }
    }

    private static byte[] File(float weight, string? schema = null)
    {
        OnnxGraphBuilder graph = new("policy");
        graph
            .Input("tokens", Kind.Float, "sets", "count", PolicySchema.Width)
            .Input("mask", Kind.Float, "sets", "count")
            .Initializer(
                OnnxTensor.Of<float>(
                    "w",
                    [.. Enumerable.Repeat(weight, PolicySchema.Width * PolicySchema.Actions)],
                    PolicySchema.Width,
                    PolicySchema.Actions
                )
            )
            .Node("MatMul", ["tokens", "w"], ["actions"])
            .Node(
                "ReduceMean",
                ["actions"],
                ["ranks"],
                OnnxAttribute.Of("axes", [1L, 2]),
                OnnxAttribute.Of("keepdims", 0L)
            )
            .Output("actions", Kind.Float, "sets", "count", PolicySchema.Actions)
            .Output("ranks", Kind.Float, "sets");
        return graph
            .Metadata(PolicyModel.SchemaKey, schema ?? PolicySchema.Hash)
            .Metadata(PolicyModel.ProvenanceKey, "a test")
            .Metadata(PolicyModel.WeightsKey, PolicyModel.HashOf(graph.Build()))
            .ToBytes();
    }
}
