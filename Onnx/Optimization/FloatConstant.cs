using System.Runtime.InteropServices;
using OrleansInference.Onnx.Messages;

namespace OrleansInference.Onnx.Optimization;

/// <summary>The numbers of FP32 constants.</summary>
internal static class FloatConstant
{
    /// <summary>Whether it is one whose numbers are in the file.</summary>
    public static bool Is(TensorProto tensor) =>
        tensor.DataType == (int)TensorProto.Types.DataType.Float
        && tensor.DataLocation != TensorProto.Types.DataLocation.External;

    /// <summary>Its numbers, row major.</summary>
    public static float[] Read(TensorProto tensor) =>
        tensor.RawData.Length > 0
            ? MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray()
            : [.. tensor.FloatData];
}
