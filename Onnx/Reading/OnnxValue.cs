using OrleansInference.Onnx.Messages;

namespace OrleansInference.Onnx.Reading;

/// <summary>A graph input or output as the file declares it.</summary>
/// <param name="Name">The name that requests use.</param>
/// <param name="ElementType">The tensor's element type; <c>Undefined</c> for what is not a dense tensor (a sequence, a
/// map, an optional).</param>
/// <param name="Dimensions">The tensor's shape, outermost first; null where the file does not say even the
/// rank.</param>
public sealed record OnnxValue(
    string Name,
    TensorProto.Types.DataType ElementType,
    IReadOnlyList<OnnxDimension>? Dimensions
);
