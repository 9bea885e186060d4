using Microsoft.ML.OnnxRuntime.Tensors;

namespace OrleansInference.Engine.Sessions;

/// <summary>ONNX element types and protocol datatypes, one to one.</summary>
internal static class ElementTypes
{
    private static readonly (TensorElementType Element, TensorDatatype Datatype)[] Pairs =
    [
        (TensorElementType.Bool, TensorDatatype.Bool),
        (TensorElementType.UInt8, TensorDatatype.UInt8),
        (TensorElementType.UInt16, TensorDatatype.UInt16),
        (TensorElementType.UInt32, TensorDatatype.UInt32),
        (TensorElementType.UInt64, TensorDatatype.UInt64),
        (TensorElementType.Int8, TensorDatatype.Int8),
        (TensorElementType.Int16, TensorDatatype.Int16),
        (TensorElementType.Int32, TensorDatatype.Int32),
        (TensorElementType.Int64, TensorDatatype.Int64),
        (TensorElementType.Float16, TensorDatatype.Fp16),
        (TensorElementType.BFloat16, TensorDatatype.Bf16),
        (TensorElementType.Float, TensorDatatype.Fp32),
        (TensorElementType.Double, TensorDatatype.Fp64),
        (TensorElementType.String, TensorDatatype.Bytes),
    ];

    public static TensorDatatype ToDatatype(TensorElementType element) =>
        Array.Find(Pairs, pair => pair.Element == element).Datatype;

    public static TensorElementType ToElement(TensorDatatype datatype) =>
        Array.Find(Pairs, pair => pair.Datatype == datatype).Element;
}
