using OrleansInference.Onnx.Building;
using static OrleansInference.Onnx.Messages.TensorProto.Types;

namespace OrleansInference.Onnx.Samples;

/// <summary>
/// The model that ships in <c>models/color-names</c>: names a colour. Input <c>rgb</c> FP32 [batch, 3], sRGB from 0 to
/// 255; outputs <c>scores</c> FP32 [batch, 32], which sum to 1, and <c>label</c> BYTES [batch]. Its weights are by
/// construction: the graph converts to <see cref="CieLab"/>, where distance is perceived difference (ΔE*ab of CIE 1976),
/// and scores each named colour by softmax(−ΔE² ÷ 200).
/// </summary>
public static class ColorNamesModel
{
    private const float Temperature = 200;

    /// <summary>The model file.</summary>
    public static byte[] ToBytes()
    {
        OnnxGraphBuilder graph = new("color-names");
        string rgb = graph.Input("rgb", DataType.Float, -1, 3);
        string clipped = graph.Node("Clip", [rgb, graph.Floats("zero", [0]), graph.Floats("max", [255])]);
        string unit = graph.Node("Div", [clipped, "max"]);
        string low = graph.Node("Div", [unit, graph.Floats("linear_slope", [12.92f])]);
        string shifted = graph.Node("Add", [unit, graph.Floats("gamma_offset", [0.055f])]);
        string power = graph.Node("Pow", [graph.Node("Div", [shifted, graph.Floats("gamma_scale", [1.055f])]), graph.Floats("gamma", [2.4f])]);
        string linear = graph.Node("Where", [graph.Node("LessOrEqual", [unit, graph.Floats("linear_threshold", [CieLab.LinearThreshold])]), low, power]);

        string xyz = graph.Node("MatMul", [linear, graph.Floats("rgb_to_xyz", CieLab.ToRelativeXyz, 3, 3)]);
        string cube = graph.Node("Pow", [xyz, graph.Floats("third", [1f / 3f])]);
        string line = graph.Node("Add", [graph.Node("Mul", [xyz, graph.Floats("f_slope", [24389f / 27f / 116f])]), graph.Floats("f_offset", [16f / 116f])]);
        string f = graph.Node("Where", [graph.Node("Greater", [xyz, graph.Floats("cube_threshold", [CieLab.CubeThreshold])]), cube, line]);
        string lab = graph.Node("Sub", [graph.Node("MatMul", [f, graph.Floats("f_to_lab", CieLab.ToLab, 3, 3)]), graph.Floats("lab_offset", [16, 0, 0], 3)]);

        float[][] named = [.. NamedColor.All.Select(color => CieLab.FromRgb(color.R, color.G, color.B))];
        string centers = graph.Floats("named_colors", [.. named.SelectMany(center => center)], 1, named.Length, 3);
        string spread = graph.Node("Unsqueeze", [lab, graph.Constant("axis1", DataType.Int64, new long[] { 1 }, 1)]);
        string difference = graph.Node("Sub", [spread, centers]);
        string distance = graph.Node("ReduceSumSquare", [difference], null, OnnxAttributes.Ints("axes", 2), OnnxAttributes.Int("keepdims", 0));
        graph.Node("Softmax", [graph.Node("Div", [distance, graph.Floats("temperature", [-Temperature])])], "scores", OnnxAttributes.Int("axis", 1));
        string best = graph.Node("ArgMax", ["scores"], null, OnnxAttributes.Int("axis", 1), OnnxAttributes.Int("keepdims", 0));
        graph.Node("Gather", [graph.Strings("names", [.. NamedColor.All.Select(color => color.Name)]), best], "label");
        return graph
            .Output("scores", DataType.Float, -1, named.Length)
            .Output("label", DataType.String, -1)
            .Metadata("made_by", "OrleansInference.Onnx.Samples.ColorNamesModel")
            .ToBytes();
    }
}
