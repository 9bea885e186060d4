using OrleansInference.Agent.Policy;
using OrleansInference.Engine.Policies;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using TorchSharp;
using static TorchSharp.torch;
using Kind = OrleansInference.Onnx.Messages.TensorProto.Types.DataType;

namespace OrleansInference.Training.Agents;

/// <summary>Writes a <see cref="PolicyNetwork"/> as the ONNX file that <see cref="PolicyModel"/> loads.</summary>
internal static class PolicyExport
{
    /// <summary>The file's contents; the same weights give the same bytes.</summary>
    public static byte[] Write(PolicyNetwork network, string provenance)
    {
        OnnxGraphBuilder graph = new("agent-policy");
        graph
            .Input("tokens", Kind.Float, "sets", "count", PolicySchema.Width)
            .Input("mask", Kind.Float, "sets", "count");
        foreach (
            (string name, torch.Tensor value) in network
                .state_dict()
                .OrderBy(entry => entry.Key, StringComparer.Ordinal)
        )
        {
            if (name.StartsWith("_value", StringComparison.Ordinal))
            {
                continue;
            }
            using DisposeScope scope = NewDisposeScope();
            torch.Tensor stored = value.detach().cpu();
            if (stored.dim() == 2)
            {
                stored = stored.t();
            }
            graph.Initializer(OnnxTensor.Of<float>(name, stored.contiguous().data<float>().ToArray(), stored.shape));
        }

        graph
            .Initializer(OnnxTensor.Of<long>("axis1", [1], 1))
            .Initializer(OnnxTensor.Of<long>("axis2", [2], 1))
            .Initializer(OnnxTensor.Of<long>("axes12", [1, 2], 2))
            .Initializer(OnnxTensor.Of<float>("one", [1]));
        Layer(graph, "tokens", "_embed1", "embedded1");
        Layer(graph, "embedded1", "_embed2", "embedded");
        graph
            .Node("Unsqueeze", ["mask", "axis2"], ["present"])
            .Node("Mul", ["embedded", "present"], ["masked"])
            .Node("ReduceSum", ["masked", "axis1"], ["sum"], OnnxAttribute.Of("keepdims", 1L))
            .Node("ReduceSum", ["present", "axis1"], ["tokens_present"], OnnxAttribute.Of("keepdims", 1L))
            .Node("Max", ["tokens_present", "one"], ["divisor"])
            .Node("Div", ["sum", "divisor"], ["set"])
            .Node("MatMul", ["embedded", "_token.weight"], ["of_token"])
            .Node("MatMul", ["set", "_set.weight"], ["of_set"])
            .Node("Add", ["of_token", "of_set"], ["both"])
            .Node("Add", ["both", "_token.bias"], ["biased"])
            .Node("Relu", ["biased"], ["hidden"])
            .Node("MatMul", ["hidden", "_actions.weight"], ["preferences"])
            .Node("Add", ["preferences", "_actions.bias"], ["actions"]);
        Layer(graph, "set", "_rank1", "ranked");
        graph
            .Node("MatMul", ["ranked", "_rank2.weight"], ["worth"])
            .Node("Add", ["worth", "_rank2.bias"], ["worths"])
            .Node("Squeeze", ["worths", "axes12"], ["ranks"])
            .Output("actions", Kind.Float, "sets", "count", PolicySchema.Actions)
            .Output("ranks", Kind.Float, "sets");
        return graph
            .Metadata(PolicyModel.SchemaKey, PolicySchema.Hash)
            .Metadata(PolicyModel.WeightsKey, PolicyModel.HashOf(graph.Build()))
            .Metadata(PolicyModel.ProvenanceKey, provenance)
            .Metadata("license", "MIT")
            .ToBytes();
    }

    private static void Layer(OnnxGraphBuilder graph, string input, string layer, string output) =>
        graph
            .Node("MatMul", [input, $"{layer}.weight"], [$"{output}_product"])
            .Node("Add", [$"{output}_product", $"{layer}.bias"], [$"{output}_sum"])
            .Node("Relu", [$"{output}_sum"], [output]);
}
