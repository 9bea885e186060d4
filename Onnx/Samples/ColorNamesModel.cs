using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;

namespace OrleansInference.Onnx.Samples;

/// <summary>
/// The sample model <c>color-names</c>: which of <see cref="NamedColor.All"/> a colour is nearest to, to the eye. Its
/// weights are computed, not trained. The graph turns colours into CIE L*a*b* (IEC 61966-2-1 and CIE 15, see
/// <c>CieLab</c>). The score of a name falls with the squared distance to it there.
/// <para>Input <c>rgb</c>, FP32 [batch, 3]: sRGB red, green, blue, 0–255; what is outside is clipped.</para>
/// <para>Output <c>scores</c>, FP32 [batch, 29]: softmax of -d²/<see cref="Temperature"/>, d the CIE76 colour
/// difference.</para>
/// <para>Output <c>label</c>, STRING [batch]: the name with the highest score.</para>
/// </summary>
public static class ColorNamesModel
{
    /// <summary>The repository's name for the model.</summary>
    public const string Name = "color-names";

    /// <summary>
    /// 2σ² of a name's reach with σ = 10: two colours ten units apart are clearly different and still share a name.
    /// </summary>
    public const double Temperature = 200;

    private const TensorProto.Types.DataType Float = TensorProto.Types.DataType.Float;

    /// <summary>The model file's contents; the same bytes on every call.</summary>
    public static byte[] Create()
    {
        OnnxGraphBuilder graph = new(Name);
        graph.Input("rgb", Float, "batch", 3);
        AddLab(graph);
        AddNearest(graph);
        return graph
            .Output("scores", Float, "batch", NamedColor.All.Count)
            .Output("label", TensorProto.Types.DataType.String, "batch")
            .Metadata(
                "provenance",
                "computed from the sRGB (IEC 61966-2-1) and CIE L*a*b* (CIE 15) formulas; not trained on data"
            )
            .Metadata("license", "MIT")
            .ToBytes();
    }

    private static void AddLab(OnnxGraphBuilder graph)
    {
        Scalar("lowest", 0);
        Scalar("highest", 255);
        Scalar("linear_below", CieLab.LinearBelow);
        Scalar("linear_slope", CieLab.LinearSlope);
        Scalar("offset", CieLab.Offset);
        Scalar("scale", 1 + CieLab.Offset);
        Scalar("gamma", CieLab.Gamma);
        Scalar("line_below", CieLab.Delta * CieLab.Delta * CieLab.Delta);
        Scalar("line_divisor", 3 * CieLab.Delta * CieLab.Delta);
        Scalar("line_offset", 4.0 / 29.0);
        Scalar("third", 1.0 / 3.0);
        graph
            .Initializer(OnnxTensor.Of<float>("to_relative_xyz", CieLab.ToRelativeXyz, 3, 3))
            .Initializer(OnnxTensor.Of<float>("from_curves", CieLab.FromCurves, 3, 3))
            .Initializer(OnnxTensor.Of<float>("lightness_offset", [-16, 0, 0], 3))
            .Node("Clip", ["rgb", "lowest", "highest"], ["clipped"])
            .Node("Div", ["clipped", "highest"], ["srgb"])
            .Node("LessOrEqual", ["srgb", "linear_below"], ["is_dark"])
            .Node("Div", ["srgb", "linear_slope"], ["dark"])
            .Node("Add", ["srgb", "offset"], ["shifted"])
            .Node("Div", ["shifted", "scale"], ["scaled"])
            .Node("Pow", ["scaled", "gamma"], ["bright"])
            .Node("Where", ["is_dark", "dark", "bright"], ["linear"])
            .Node("MatMul", ["linear", "to_relative_xyz"], ["xyz"])
            .Node("Greater", ["xyz", "line_below"], ["is_curved"])
            .Node("Pow", ["xyz", "third"], ["root"])
            .Node("Div", ["xyz", "line_divisor"], ["slope"])
            .Node("Add", ["slope", "line_offset"], ["line"])
            .Node("Where", ["is_curved", "root", "line"], ["curves"])
            .Node("MatMul", ["curves", "from_curves"], ["mixed"])
            .Node("Add", ["mixed", "lightness_offset"], ["lab"]);

        void Scalar(string name, double value) => graph.Initializer(OnnxTensor.Of<float>(name, [(float)value]));
    }

    /// <summary>
    /// Adds the nearest centre as one linear layer: -d² = -|lab|² + 2 lab·c - |c|². The first term is the same for
    /// every name and drops out of the softmax.
    /// </summary>
    private static void AddNearest(OnnxGraphBuilder graph)
    {
        double[][] centres = [.. NamedColor.All.Select(color => CieLab.FromRgb(color.Red, color.Green, color.Blue))];
        float[] weights =
        [
            .. from axis in Enumerable.Range(0, 3)
            from centre in centres
            select (float)(2 * centre[axis] / Temperature),
        ];
        float[] bias = [.. centres.Select(centre => (float)(-centre.Sum(x => x * x) / Temperature))];
        graph
            .Initializer(OnnxTensor.Of<float>("centres", weights, 3, centres.Length))
            .Initializer(OnnxTensor.Of<float>("centre_norms", bias, centres.Length))
            .Initializer(OnnxTensor.Of("names", [.. NamedColor.All.Select(color => color.Name)], centres.Length))
            .Node("MatMul", ["lab", "centres"], ["products"])
            .Node("Add", ["products", "centre_norms"], ["nearness"])
            .Node("Softmax", ["nearness"], ["scores"], OnnxAttribute.Of("axis", 1))
            .Node("ArgMax", ["nearness"], ["best"], OnnxAttribute.Of("axis", 1), OnnxAttribute.Of("keepdims", 0))
            .Node("Gather", ["names", "best"], ["label"]);
    }
}
