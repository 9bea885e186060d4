using System.Runtime.InteropServices;
using Google.Protobuf;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using Kind = OrleansInference.Onnx.Messages.TensorProto.Types.DataType;

namespace OrleansInference.Onnx.Optimization;

/// <summary>
/// Converts a model from FP32 to FP16. Constants are rounded; inputs and outputs keep FP32 and are cast at the border.
/// A GPU runs it in half the memory and time; a CPU mostly casts back.
/// </summary>
public static class HalfPrecision
{
    private const float Largest = 65504;

    /// <summary>Inputs whose operators want FP32 whatever the rest is: by operator, their indices.</summary>
    private static readonly Dictionary<string, int[]> KeptInputs = new() { ["Resize"] = [1, 2], ["Upsample"] = [1] };

    /// <summary>The model in FP16.</summary>
    /// <param name="model">The model; not changed.</param>
    /// <exception cref="NotSupportedException">It has subgraphs or constants outside its file.</exception>
    public static ModelProto Convert(ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelProto half = model.Clone();
        GraphProto graph = half.Graph;
        if (graph.Node.Any(node => node.Attribute.Any(attribute => attribute.G is not null)))
        {
            throw new NotSupportedException("a model with subgraphs (If, Loop, Scan) is not converted");
        }
        if (graph.Initializer.Any(tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External))
        {
            throw new NotSupportedException("a model with constants outside its file is not converted");
        }
        HashSet<string> kept =
        [
            .. graph.Node.SelectMany(node =>
                KeptInputs.TryGetValue(node.OpType, out int[]? indices)
                    ? indices.Where(index => index < node.Input.Count).Select(index => node.Input[index])
                    : []
            ),
        ];
        HashSet<string> constants = [.. graph.Initializer.Select(tensor => tensor.Name)];
        for (int i = 0; i < graph.Initializer.Count; i++)
        {
            if (FloatConstant.Is(graph.Initializer[i]) && !kept.Contains(graph.Initializer[i].Name))
            {
                graph.Initializer[i] = Round(graph.Initializer[i]);
            }
        }

        foreach (NodeProto node in graph.Node)
        {
            foreach (AttributeProto attribute in node.Attribute)
            {
                if (attribute.T is { } tensor && FloatConstant.Is(tensor) && !node.Output.Any(kept.Contains))
                {
                    attribute.T = Round(tensor);
                }
                if (node.OpType == "Cast" && attribute.Name == "to" && attribute.I == (long)Kind.Float)
                {
                    attribute.I = (long)Kind.Float16;
                }
            }
        }

        graph.ValueInfo.Clear();
        foreach (ValueInfoProto input in graph.Input.Where(input => IsFloat(input) && constants.Contains(input.Name)))
        {
            input.Type.TensorType.ElemType = (int)Kind.Float16;
        }
        int at = 0;
        foreach (ValueInfoProto input in graph.Input.Where(input => IsFloat(input) && !constants.Contains(input.Name)))
        {
            string inside = input.Name + "_fp16";
            foreach (NodeProto node in graph.Node)
            {
                Rename(node.Input, input.Name, inside);
            }
            graph.Node.Insert(at++, Cast(input.Name, inside, Kind.Float16));
        }

        foreach (ValueInfoProto output in graph.Output.Where(IsFloat))
        {
            string inside = output.Name + "_fp16";
            foreach (NodeProto node in graph.Node)
            {
                Rename(node.Input, output.Name, inside);
                Rename(node.Output, output.Name, inside);
            }

            graph.Node.Add(Cast(inside, output.Name, Kind.Float));
        }

        return half;
    }

    private static NodeProto Cast(string from, string to, Kind type) =>
        new()
        {
            Name = $"Cast_{to}",
            OpType = "Cast",
            Input = { from },
            Output = { to },
            Attribute = { OnnxAttribute.Of("to", (long)type) },
        };

    private static bool IsFloat(ValueInfoProto value) => value.Type?.TensorType?.ElemType == (int)Kind.Float;

    private static void Rename(Google.Protobuf.Collections.RepeatedField<string> names, string from, string to)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] == from)
            {
                names[i] = to;
            }
        }
    }

    private static TensorProto Round(TensorProto tensor)
    {
        Half[] values = [.. FloatConstant.Read(tensor).Select(value => (Half)Math.Clamp(value, -Largest, Largest))];
        return OnnxTensor.Raw(tensor.Name, Kind.Float16, MemoryMarshal.AsBytes(values.AsSpan()), [.. tensor.Dims]);
    }
}
