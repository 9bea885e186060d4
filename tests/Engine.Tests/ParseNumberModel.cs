using OrleansInference.Onnx.Building;
using static OrleansInference.Onnx.Messages.TensorProto.Types;

namespace OrleansInference.Engine.Tests;

/// <summary>
/// y [batch, 1] INT64 = the number in each string of x [batch, 1]; one that is none fails the whole run.
/// </summary>
internal static class ParseNumberModel
{
    public static byte[] Create() =>
        new OnnxGraphBuilder("parse_number")
            .Input("x", DataType.String, "batch", 1)
            .Node("Cast", ["x"], ["y"], OnnxAttribute.Of("to", (long)DataType.Int64))
            .Output("y", DataType.Int64, "batch", 1)
            .ToBytes();
}
