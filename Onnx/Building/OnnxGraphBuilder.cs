using Google.Protobuf;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Reading;

namespace OrleansInference.Onnx.Building;

/// <summary>
/// Writes a model node by node, in the order in which it runs. The same calls give the same bytes: nothing in the file
/// depends on the time, the machine or a hash.
/// </summary>
public sealed class OnnxGraphBuilder
{
    /// <summary>The oldest operator set and file format that the builder writes, and the newest format.</summary>
    private const int MinOpset = 17;
    private const int MinIrVersion = 8;
    private const int MaxIrVersion = 10;

    private readonly ModelProto _model;
    private readonly HashSet<string> _values = new(StringComparer.Ordinal);

    /// <summary>Starts an empty graph.</summary>
    /// <param name="name">The graph's name.</param>
    /// <param name="opset">Version of ONNX's own operator set, 17 or more.</param>
    /// <param name="irVersion">Version of the file format, 8 to 10.</param>
    public OnnxGraphBuilder(string name, int opset = MinOpset, int irVersion = MinIrVersion)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(opset, MinOpset);
        ArgumentOutOfRangeException.ThrowIfLessThan(irVersion, MinIrVersion);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(irVersion, MaxIrVersion);
        _model = new ModelProto
        {
            IrVersion = irVersion,
            ProducerName = "OrleansInference",
            Graph = new GraphProto { Name = name },
            OpsetImport =
            {
                new OperatorSetIdProto { Domain = "", Version = opset },
            },
        };
    }

    /// <summary>Adds a graph input.</summary>
    /// <exception cref="ArgumentException">The graph already has a value of this name.</exception>
    public OnnxGraphBuilder Input(
        string name,
        TensorProto.Types.DataType elementType,
        params ReadOnlySpan<OnnxDimension> shape
    )
    {
        Define(name);
        _model.Graph.Input.Add(Value(name, elementType, shape));
        return this;
    }

    /// <summary>
    /// Adds a constant. One with the name of an input makes that input optional, with the constant as its default.
    /// </summary>
    /// <exception cref="ArgumentException">The graph already has a value of this name that is not an input.</exception>
    public OnnxGraphBuilder Initializer(TensorProto tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (_model.Graph.Input.All(input => input.Name != tensor.Name))
        {
            Define(tensor.Name);
        }
        _model.Graph.Initializer.Add(tensor);
        return this;
    }

    /// <summary>Adds a node.</summary>
    /// <param name="operation">The operator.</param>
    /// <param name="inputs">Names of values that exist already; an empty one leaves out an optional input.</param>
    /// <param name="outputs">Names of the values it makes.</param>
    /// <param name="attributes">Made by <see cref="OnnxAttribute"/>.</param>
    /// <exception cref="ArgumentException">An input does not exist yet, or an output exists already.</exception>
    public OnnxGraphBuilder Node(
        string operation,
        IReadOnlyList<string> inputs,
        IReadOnlyList<string> outputs,
        params ReadOnlySpan<AttributeProto> attributes
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(operation);
        if (inputs.FirstOrDefault(input => input.Length > 0 && !_values.Contains(input)) is { } missing)
        {
            throw new ArgumentException(
                $"{operation} reads '{missing}', which nothing before it makes",
                nameof(inputs)
            );
        }

        foreach (string output in outputs)
        {
            Define(output);
        }
        NodeProto node = new()
        {
            Name = $"{operation}_{_model.Graph.Node.Count}",
            OpType = operation,
            Input = { inputs },
            Output = { outputs },
        };
        foreach (AttributeProto attribute in attributes)
        {
            node.Attribute.Add(attribute);
        }
        _model.Graph.Node.Add(node);
        return this;
    }

    /// <summary>Makes an existing value a graph output.</summary>
    /// <exception cref="ArgumentException">There is no such value.</exception>
    public OnnxGraphBuilder Output(
        string name,
        TensorProto.Types.DataType elementType,
        params ReadOnlySpan<OnnxDimension> shape
    )
    {
        if (!_values.Contains(name))
        {
            throw new ArgumentException($"nothing makes the output '{name}'", nameof(name));
        }
        _model.Graph.Output.Add(Value(name, elementType, shape));
        return this;
    }

    /// <summary>Adds a property of the model; <c>provenance</c> says where it comes from.</summary>
    public OnnxGraphBuilder Metadata(string key, string value)
    {
        _model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return this;
    }

    /// <summary>Names the tool that the file says it was made by; <c>OrleansInference</c> unless called.</summary>
    public OnnxGraphBuilder Producer(string name, string version = "")
    {
        _model.ProducerName = name;
        if (version.Length > 0)
        {
            _model.ProducerVersion = version;
        }
        return this;
    }

    /// <summary>The model as it stands, as a copy.</summary>
    public ModelProto Build() => _model.Clone();

    /// <summary>The model file's contents.</summary>
    public byte[] ToBytes() => _model.ToByteArray();

    private static ValueInfoProto Value(
        string name,
        TensorProto.Types.DataType elementType,
        ReadOnlySpan<OnnxDimension> shape
    )
    {
        TensorShapeProto dimensions = new();
        foreach (OnnxDimension dimension in shape)
        {
            dimensions.Dim.Add(Dimension(dimension));
        }
        TypeProto type = new()
        {
            TensorType = new TypeProto.Types.Tensor { ElemType = (int)elementType, Shape = dimensions },
        };
        return new ValueInfoProto { Name = name, Type = type };
    }

    private static TensorShapeProto.Types.Dimension Dimension(OnnxDimension dimension)
    {
        if (!dimension.IsFree)
        {
            return new TensorShapeProto.Types.Dimension { DimValue = dimension.Size };
        }
        return dimension.Symbol is { } symbol
            ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
            : new TensorShapeProto.Types.Dimension();
    }

    private void Define(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!_values.Add(name))
        {
            throw new ArgumentException($"the graph already has a value '{name}'", nameof(name));
        }
    }
}
