using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Reading;

namespace OrleansInference.Load.Orleans;

/// <summary>
/// A model that takes a tensor of any size and does next to nothing with it: what is left of a call is the way there
/// and back. Input <c>x</c>, FP32 [batch, row...]; output <c>y</c>, FP32 [batch, 1], the first value of each row.
/// </summary>
internal static class ProbeModel
{
    public static byte[] Create(params long[] row)
    {
        // A Slice reads one number a row; a Flatten or Reshape first could copy the whole tensor.
        long[] zeros = [.. row.Select(_ => 0L)];
        long[] ones = [.. row.Select(_ => 1L)];
        long[] axes = [.. row.Select((_, axis) => axis + 1L)];
        OnnxDimension[] shape = ["batch", .. row];
        return new OnnxGraphBuilder("probe")
            .Input("x", TensorProto.Types.DataType.Float, shape)
            .Initializer(OnnxTensor.Of<long>("starts", zeros, row.Length))
            .Initializer(OnnxTensor.Of<long>("ends", ones, row.Length))
            .Initializer(OnnxTensor.Of<long>("axes", axes, row.Length))
            .Node("Slice", ["x", "starts", "ends", "axes"], ["first"])
            .Node("Flatten", ["first"], ["y"], OnnxAttribute.Of("axis", 1))
            .Output("y", TensorProto.Types.DataType.Float, "batch", 1)
            .ToBytes();
    }
}
