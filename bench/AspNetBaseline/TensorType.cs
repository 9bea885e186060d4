using System.Text.Json;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace OrleansInference.AspNetBaseline;

/// <summary>A fixed-size datatype: its protocol name, ONNX Runtime's element type and bytes per element.</summary>
internal sealed record TensorType(string Name, TensorElementType Element, int Size)
{
    private static readonly TensorType[] All =
    [
        new("FP32", TensorElementType.Float, 4),
        new("INT64", TensorElementType.Int64, 8),
        new("INT32", TensorElementType.Int32, 4),
        new("FP64", TensorElementType.Double, 8),
        new("FP16", TensorElementType.Float16, 2),
        new("BF16", TensorElementType.BFloat16, 2),
        new("INT16", TensorElementType.Int16, 2),
        new("INT8", TensorElementType.Int8, 1),
        new("UINT64", TensorElementType.UInt64, 8),
        new("UINT32", TensorElementType.UInt32, 4),
        new("UINT16", TensorElementType.UInt16, 2),
        new("UINT8", TensorElementType.UInt8, 1),
        new("BOOL", TensorElementType.Bool, 1),
    ];

    public static TensorType Of(TensorElementType element) =>
        Array.Find(All, type => type.Element == element)
        ?? throw new NotSupportedException($"Element type {element} is not served.");

    public static TensorType? Find(string name)
    {
        foreach (var type in All)
        {
            if (type.Name == name)
            {
                return type;
            }
        }
        return null;
    }

    public static TensorType Read(ref Utf8JsonReader reader)
    {
        foreach (var type in All)
        {
            if (reader.ValueTextEquals(type.Name))
            {
                return type;
            }
        }
        throw new RequestFormatException($"unsupported datatype {reader.GetString()}");
    }
}
