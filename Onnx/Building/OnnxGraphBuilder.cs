using System.Runtime.InteropServices;
using Google.Protobuf;
using OrleansInference.Onnx.Messages;

namespace OrleansInference.Onnx.Building;

/// <summary>Builds an ONNX model node by node. The same calls give the same bytes.</summary>
public sealed class OnnxGraphBuilder
{
    private readonly GraphProto _graph;
    private readonly ModelProto _model;
    private int _values;

    /// <summary>Starts a graph.</summary>
    /// <param name="name">The graph's name.</param>
    /// <param name="opset">ONNX operator set.</param>
    public OnnxGraphBuilder(string name, int opset = 17)
    {
        _graph = new GraphProto { Name = name };
        _model = new ModelProto
        {
            IrVersion = 8,
            ProducerName = "OrleansInference",
            Graph = _graph,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = opset } },
        };
    }

    /// <summary>Adds a graph input and returns its name. A negative dimension is free.</summary>
    public string Input(string name, TensorProto.Types.DataType type, params long[] dimensions)
    {
        _graph.Input.Add(Value(name, type, dimensions));
        return name;
    }

    /// <summary>Adds a graph output of the value called <paramref name="name"/>.</summary>
    public OnnxGraphBuilder Output(string name, TensorProto.Types.DataType type, params long[] dimensions)
    {
        _graph.Output.Add(Value(name, type, dimensions));
        return this;
    }

    /// <summary>Adds a constant of numbers and returns its name.</summary>
    public string Constant<T>(string name, TensorProto.Types.DataType type, T[] values, params long[] dimensions)
        where T : unmanaged
    {
        _graph.Initializer.Add(new TensorProto
        {
            Name = name,
            DataType = (int)type,
            Dims = { dimensions },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
        });
        return name;
    }

    /// <summary>Adds a float constant and returns its name.</summary>
    public string Floats(string name, float[] values, params long[] dimensions) =>
        Constant(name, TensorProto.Types.DataType.Float, values, dimensions);

    /// <summary>Adds a constant of strings and returns its name.</summary>
    public string Strings(string name, IReadOnlyList<string> values)
    {
        TensorProto tensor = new() { Name = name, DataType = (int)TensorProto.Types.DataType.String, Dims = { values.Count } };
        tensor.StringData.AddRange(values.Select(ByteString.CopyFromUtf8));
        _graph.Initializer.Add(tensor);
        return name;
    }

    /// <summary>Adds a node with one output and returns the output's name: <paramref name="output"/>, or a new one.</summary>
    public string Node(string operation, string[] inputs, string? output = null, params AttributeProto[] attributes)
    {
        string result = output ?? $"v{_values++}";
        _graph.Node.Add(new NodeProto { OpType = operation, Name = $"{operation}_{_graph.Node.Count}", Input = { inputs }, Output = { result }, Attribute = { attributes } });
        return result;
    }

    /// <summary>Adds a metadata entry, such as where the model came from.</summary>
    public OnnxGraphBuilder Metadata(string key, string value)
    {
        _model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return this;
    }

    /// <summary>The model.</summary>
    public ModelProto Build() => _model;

    /// <summary>The model file's bytes.</summary>
    public byte[] ToBytes() => _model.ToByteArray();

    private static ValueInfoProto Value(string name, TensorProto.Types.DataType type, long[] dimensions)
    {
        TensorShapeProto shape = new();
        for (int i = 0; i < dimensions.Length; i++)
        {
            shape.Dim.Add(dimensions[i] >= 0
                ? new TensorShapeProto.Types.Dimension { DimValue = dimensions[i] }
                : new TensorShapeProto.Types.Dimension { DimParam = i == 0 ? "batch" : $"dim{i}" });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }
}
