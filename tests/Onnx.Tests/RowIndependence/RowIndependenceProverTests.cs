using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Reading;
using OrleansInference.Onnx.RowIndependence;
using static OrleansInference.Onnx.Messages.TensorProto.Types;

namespace OrleansInference.Onnx.Tests.RowIndependence;

/// <summary>What each guard of the proof says, on graphs of one or two nodes.</summary>
public sealed class RowIndependenceProverTests
{
    public static TheoryData<string, OnnxGraphBuilder, string> Refused =>
        new()
        {
            {
                "mean over rows",
                Graph().Node("ReduceMean", ["x"], ["y"], OnnxAttribute.Of("axes", [0L])),
                "ReduceMean 'ReduceMean_0' may let rows meet: it goes over the batch"
            },
            {
                "softmax over rows",
                Graph().Node("Softmax", ["x"], ["y"], OnnxAttribute.Of("axis", 0)),
                "it normalises over the batch"
            },
            {
                "running sums",
                Graph().Initializer(Long("axis", 0)).Node("CumSum", ["x", "axis"], ["y"]),
                "it goes along the batch"
            },
            {
                "constant of many rows",
                Graph().Initializer(OnnxTensor.Of<float>("c", new float[12], 3, 4)).Node("Add", ["x", "c"], ["y"]),
                "a constant of many rows meets the batch"
            },
            {
                "rows joined",
                Graph().Node("Concat", ["x", "x"], ["y"], OnnxAttribute.Of("axis", 0)),
                "it joins along the batch"
            },
            {
                "every row with every other",
                Graph().Node("Transpose", ["x"], ["t"]).Node("MatMul", ["x", "t"], ["y"]),
                "each row meets every other"
            },
            {
                "rows added up",
                Graph().Node("Transpose", ["x"], ["t"]).Node("MatMul", ["t", "x"], ["y"]),
                "it adds up over the batch"
            },
            {
                "share of the number of rows",
                Graph()
                    .Node("Shape", ["x"], ["s"])
                    .Initializer(Long("i", 0))
                    .Node("Gather", ["s", "i"], ["n"])
                    .Node("Cast", ["n"], ["f"], OnnxAttribute.Of("to", (long)DataType.Float))
                    .Node("Div", ["x", "f"], ["y"]),
                "it computes with the number of rows"
            },
            {
                "root of the number of rows",
                Graph()
                    .Node("Size", ["x"], ["s"])
                    .Node("Cast", ["s"], ["f"], OnnxAttribute.Of("to", (long)DataType.Float))
                    .Node("Sqrt", ["f"], ["r"])
                    .Node("Mul", ["x", "r"], ["y"]),
                "it computes with the number of rows"
            },
            {
                "dynamic quantisation",
                Graph()
                    .Node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"])
                    .Node("DequantizeLinear", ["q", "s", "z"], ["y"]),
                "its scale spans the whole batch"
            },
            {
                "rows cut apart",
                Graph().Initializer(OnnxTensor.Of<long>("s", [4, -1], 2)).Node("Reshape", ["x", "s"], ["y"]),
                "it cuts rows apart"
            },
            {
                "rows run together",
                Graph().Initializer(OnnxTensor.Of<long>("s", [-1, 8], 2)).Node("Reshape", ["x", "s"], ["y"]),
                "the number of rows of its result is not known"
            },
            { "random", Graph().Node("RandomUniformLike", ["x"], ["y"]), "draws random numbers" },
            {
                "training dropout",
                Graph()
                    .Initializer(OnnxTensor.Of<float>("r", [0.5f]))
                    .Initializer(OnnxTensor.Of<bool>("t", [true]))
                    .Node("Dropout", ["x", "r", "t"], ["y"]),
                "it drops values at random"
            },
            {
                "unknown operator",
                Graph().Node("Det", ["x"], ["y"]),
                "operator ai.onnx:Det ('Det_0') is not known to keep rows apart"
            },
            {
                "a row of one loses its dimension",
                Graph().Node("Squeeze", ["x"], ["y"]),
                "a batch of one row would lose its dimension"
            },
            {
                "the same for every request",
                Graph().Initializer(OnnxTensor.Of<float>("c", [1, 2], 2)).Node("Identity", ["c"], ["y"]),
                "output 'y' is the same for every request"
            },
            {
                "rows along another axis",
                Graph().Node("Transpose", ["x"], ["y"]),
                "output 'y' has its rows along another axis"
            },
            {
                "places through the whole batch",
                new OnnxGraphBuilder("g")
                    .Input("x", DataType.Float, "N", 1, 4, 4)
                    .Node("MaxPool", ["x"], ["p", "y"], OnnxAttribute.Of("kernel_shape", [2L, 2])),
                "count through the whole batch"
            },
            { "statistics of the batch", Training(), "it normalises by the statistics of the batch" },
        };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Prove_RowsThatMayMeet_NamesTheNodeAndWhy(string kind, OnnxGraphBuilder graph, string expected)
    {
        RowProof proof = RowIndependenceProver.Prove(graph.Output("y", DataType.Float, "rows", "columns").Build());

        Assert.False(proof.IsProven, kind);
        Assert.Contains(expected, proof.Reason, StringComparison.Ordinal);
    }

    public static TheoryData<string, OnnxGraphBuilder> Proven =>
        new()
        {
            {
                "turned there and back",
                Graph()
                    .Node("Transpose", ["x"], ["t"])
                    .Initializer(OnnxTensor.Of<float>("w", new float[16], 4, 4))
                    .Node("MatMul", ["w", "t"], ["m"])
                    .Node("Transpose", ["m"], ["y"])
            },
            {
                "shape computed from the batch",
                Graph()
                    .Node("Shape", ["x"], ["s"])
                    .Initializer(OnnxTensor.Of<long>("i", [0], 1))
                    .Node("Gather", ["s", "i"], ["n"])
                    .Initializer(OnnxTensor.Of<long>("r", [2, 2], 2))
                    .Node("Concat", ["n", "r"], ["t"], OnnxAttribute.Of("axis", 0))
                    .Node("Reshape", ["x", "t"], ["h"])
                    .Node("Flatten", ["h"], ["y"])
            },
            {
                "grouped and ungrouped",
                Graph()
                    .Initializer(OnnxTensor.Of<long>("a", [-1, 2], 2))
                    .Node("Reshape", ["x", "a"], ["g"])
                    .Node("Softmax", ["g"], ["s"])
                    .Initializer(OnnxTensor.Of<long>("b", [-1, 4], 2))
                    .Node("Reshape", ["s", "b"], ["y"])
            },
            {
                "zeros of as many rows",
                Graph().Node("Shape", ["x"], ["s"]).Node("ConstantOfShape", ["s"], ["z"]).Node("Add", ["x", "z"], ["y"])
            },
            { "a constant expanded as Where(shape == -1)", Expanded() },
            { "dropout that does not train", Graph().Node("Dropout", ["x"], ["y"]) },
        };

    [Theory]
    [MemberData(nameof(Proven))]
    public void Prove_RowsThatStayApart_IsProven(string kind, OnnxGraphBuilder graph)
    {
        RowProof proof = RowIndependenceProver.Prove(graph.Output("y", DataType.Float, "rows", "columns").Build());

        Assert.True(proof.IsProven, $"{kind}: {proof.Reason}");
    }

    [Fact]
    public void Prove_FirstDimensionsOfDifferentNames_AreNoBatch()
    {
        RowProof proof = RowIndependenceProver.Prove(
            new OnnxGraphBuilder("g")
                .Input("a", DataType.Float, "N", 3)
                .Input("b", DataType.Float, "M", 3)
                .Node("Add", ["a", "b"], ["y"])
                .Output("y", DataType.Float, "K", 3)
                .Build()
        );

        Assert.Equal("the file names the first dimensions of its inputs differently ('N', 'M')", proof.Reason);
    }

    [Fact]
    public void Prove_ANameUsedTwice_IsNoBatch()
    {
        RowProof proof = RowIndependenceProver.Prove(
            new OnnxGraphBuilder("g")
                .Input("distances", DataType.Float, "N", "N")
                .Node("Relu", ["distances"], ["y"])
                .Output("y", DataType.Float, "N", "N")
                .Build()
        );

        Assert.Contains(
            "uses the name 'N' of the first dimension for another one",
            proof.Reason,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Prove_ASubgraph_IsNotFollowed()
    {
        GraphProto branch = new()
        {
            Name = "b",
            Node =
            {
                new NodeProto
                {
                    OpType = "Relu",
                    Input = { "x" },
                    Output = { "r" },
                },
            },
            Output = { new ValueInfoProto { Name = "r" } },
        };
        RowProof proof = RowIndependenceProver.Prove(
            Graph()
                .Initializer(OnnxTensor.Of<bool>("c", [true]))
                .Node(
                    "If",
                    ["c"],
                    ["y"],
                    OnnxAttribute.Of("then_branch", branch),
                    OnnxAttribute.Of("else_branch", branch)
                )
                .Output("y", DataType.Float, "N", 4)
                .Build()
        );

        Assert.Contains("If 'If_0' has a subgraph", proof.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Prove_AnOperatorSetThatWasNotReviewed_IsRefused()
    {
        ModelProto model = Graph().Node("Relu", ["x"], ["y"]).Output("y", DataType.Float, "N", 4).Build();
        model.OpsetImport[0].Version = 99;

        Assert.Contains(
            "operator set 99 was not reviewed",
            RowIndependenceProver.Prove(model).Reason,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Prove_AnyReviewedOperatorWithoutInputsOrAttributes_NeverThrows()
    {
        foreach (string name in OperatorTable.Names)
        {
            string[] parts = name.Split(':');
            ModelProto model = Graph().Output("x", DataType.Float, "N", 4).Build();
            foreach (int inputs in new[] { 0, 1, 2, 5 })
            {
                NodeProto node = new()
                {
                    OpType = parts[1],
                    Domain = parts[0] == OnnxOutline.DefaultDomain ? "" : parts[0],
                    Output = { $"o{inputs}" },
                };
                node.Input.Add(Enumerable.Repeat("x", inputs));
                model.Graph.Node.Add(node);
                _ = RowIndependenceProver.Prove(model);
                model.Graph.Node.Clear();
            }
        }
    }

    private static OnnxGraphBuilder Graph() => new OnnxGraphBuilder("g").Input("x", DataType.Float, "N", 4);

    private static TensorProto Long(string name, long value) => OnnxTensor.Of<long>(name, [value]);

    private static OnnxGraphBuilder Training()
    {
        OnnxGraphBuilder graph = Graph();
        foreach (string name in new[] { "scale", "bias", "mean", "variance" })
        {
            graph.Initializer(OnnxTensor.Of<float>(name, new float[4], 4));
        }
        return graph.Node(
            "BatchNormalization",
            ["x", "scale", "bias", "mean", "variance"],
            ["y", "m", "v"],
            OnnxAttribute.Of("training_mode", 1)
        );
    }

    /// <summary>What PyTorch's exporter writes for <c>token.expand(batch, -1)</c>.</summary>
    private static OnnxGraphBuilder Expanded() =>
        Graph()
            .Node("Shape", ["x"], ["s"])
            .Initializer(OnnxTensor.Of<long>("i", [0], 1))
            .Node("Gather", ["s", "i"], ["n"])
            .Initializer(OnnxTensor.Of<long>("keep", [-1], 1))
            .Node("Concat", ["n", "keep"], ["wanted"], OnnxAttribute.Of("axis", 0))
            .Initializer(OnnxTensor.Of<long>("two", [2], 1))
            .Node("ConstantOfShape", ["two"], ["ones"], OnnxAttribute.Of("value", OnnxTensor.Of<long>("v", [1], 1)))
            .Initializer(OnnxTensor.Of<long>("minus", [-1]))
            .Node("Mul", ["ones", "minus"], ["minuses"])
            .Node("Equal", ["wanted", "minuses"], ["open"])
            .Node("Where", ["open", "ones", "wanted"], ["target"])
            .Initializer(OnnxTensor.Of<float>("token", [1, 2, 3, 4], 1, 4))
            .Node("Expand", ["token", "target"], ["tokens"])
            .Node("Add", ["x", "tokens"], ["y"]);
}
