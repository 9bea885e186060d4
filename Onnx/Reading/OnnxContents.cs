using OrleansInference.Onnx.Messages.Outline;

namespace OrleansInference.Onnx.Reading;

/// <summary>
/// Walks all parts of a model that can hold a tensor or an operator. Graphs nest as deep as the protobuf parser allows
/// (100 messages), so the recursion is bounded.
/// </summary>
internal sealed class OnnxContents
{
    private readonly string _path;
    private readonly HashSet<(string Domain, string Name)> _functions;
    private readonly SortedSet<string> _locations = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _domains = new(StringComparer.Ordinal);

    private OnnxContents(string path, ModelProto model)
    {
        _path = path;
        _functions = [.. model.Functions.Select(function => (Domain(function.Domain), function.Name))];
    }

    public IReadOnlyList<string> ExternalDataLocations => [.. _locations];

    public IReadOnlyList<string> OperatorDomains => [.. _domains];

    /// <exception cref="OnnxFormatException">A tensor says that its data is elsewhere, and not where.</exception>
    public static OnnxContents Collect(string path, ModelProto model)
    {
        OnnxContents contents = new(path, model);
        contents.Visit(model.Graph);
        foreach (FunctionProto function in model.Functions)
        {
            contents.Visit(function.Node);
            contents.Visit(function.AttributeProto);
        }

        foreach (TrainingInfoProto training in model.TrainingInfo)
        {
            contents.Visit(training.Initialization);
            contents.Visit(training.Algorithm);
        }

        return contents;
    }

    public static string Domain(string domain) => domain.Length == 0 ? OnnxOutline.DefaultDomain : domain;

    private void Visit(GraphProto? graph)
    {
        if (graph is null)
        {
            return;
        }
        foreach (TensorProto tensor in graph.Initializer)
        {
            Visit(tensor);
        }
        foreach (SparseTensorProto tensor in graph.SparseInitializer)
        {
            Visit(tensor);
        }
        Visit(graph.Node);
    }

    private void Visit(IEnumerable<NodeProto> nodes)
    {
        foreach (NodeProto node in nodes)
        {
            string domain = Domain(node.Domain);
            if (!_functions.Contains((domain, node.OpType)))
            {
                _domains.Add(domain);
            }
            Visit(node.Attribute);
        }
    }

    private void Visit(IEnumerable<AttributeProto> attributes)
    {
        foreach (AttributeProto attribute in attributes)
        {
            Visit(attribute.T);
            Visit(attribute.G);
            Visit(attribute.SparseTensor);
            foreach (TensorProto tensor in attribute.Tensors)
            {
                Visit(tensor);
            }
            foreach (GraphProto graph in attribute.Graphs)
            {
                Visit(graph);
            }
            foreach (SparseTensorProto tensor in attribute.SparseTensors)
            {
                Visit(tensor);
            }
        }
    }

    private void Visit(SparseTensorProto? tensor)
    {
        Visit(tensor?.Values);
        Visit(tensor?.Indices);
    }

    private void Visit(TensorProto? tensor)
    {
        // Any value but 0 counts as external, because readers disagree about unknown values. A file must not hide a
        // path from this check that ONNX Runtime then follows.
        if (tensor is null || tensor.DataLocation == 0)
        {
            return;
        }
        bool found = false;
        foreach (StringStringEntryProto entry in tensor.ExternalData)
        {
            if (entry.Key != "location")
            {
                continue;
            }
            found = true;
            _locations.Add(entry.Value);
        }

        if (!found)
        {
            throw new OnnxFormatException(
                _path,
                $"keeps tensor '{tensor.Name}' in another file and does not say in which"
            );
        }
    }
}
