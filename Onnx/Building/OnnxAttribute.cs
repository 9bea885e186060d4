using Google.Protobuf;
using OrleansInference.Onnx.Messages;
using Kind = OrleansInference.Onnx.Messages.AttributeProto.Types.AttributeType;

namespace OrleansInference.Onnx.Building;

/// <summary>Creates the attributes of a node.</summary>
public static class OnnxAttribute
{
    /// <summary>An integer; operators that want a flag take 0 or 1.</summary>
    public static AttributeProto Of(string name, long value) =>
        new()
        {
            Name = name,
            Type = Kind.Int,
            I = value,
        };

    /// <summary>A number.</summary>
    public static AttributeProto Of(string name, float value) =>
        new()
        {
            Name = name,
            Type = Kind.Float,
            F = value,
        };

    /// <summary>A string.</summary>
    public static AttributeProto Of(string name, string value) =>
        new()
        {
            Name = name,
            Type = Kind.String,
            S = ByteString.CopyFromUtf8(value),
        };

    /// <summary>A constant.</summary>
    public static AttributeProto Of(string name, TensorProto value) =>
        new()
        {
            Name = name,
            Type = Kind.Tensor,
            T = value,
        };

    /// <summary>A subgraph, as in the branches of <c>If</c>.</summary>
    public static AttributeProto Of(string name, GraphProto value) =>
        new()
        {
            Name = name,
            Type = Kind.Graph,
            G = value,
        };

    /// <summary>A list of integers.</summary>
    public static AttributeProto Of(string name, IEnumerable<long> values) =>
        new()
        {
            Name = name,
            Type = Kind.Ints,
            Ints = { values },
        };

    /// <summary>A list of numbers.</summary>
    public static AttributeProto Of(string name, IEnumerable<float> values) =>
        new()
        {
            Name = name,
            Type = Kind.Floats,
            Floats = { values },
        };
}
