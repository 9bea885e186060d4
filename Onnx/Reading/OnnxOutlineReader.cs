using System.Globalization;
using Google.Protobuf;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Messages.Outline;

namespace OrleansInference.Onnx.Reading;

/// <summary>Reads <see cref="OnnxOutline"/>s.</summary>
public static class OnnxOutlineReader
{
    private static readonly MessageParser<OutlineModel> Parser = OutlineModel.Parser.WithDiscardUnknownFields(true);

    /// <summary>Reads a file's outline; its weights are skipped, not held.</summary>
    /// <exception cref="OnnxFormatException">It is not an ONNX model.</exception>
    public static OnnxOutline Read(string path)
    {
        OutlineModel model;
        try
        {
            using FileStream file = File.OpenRead(path);
            model = Parser.ParseFrom(file);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new OnnxFormatException($"'{path}' is not an ONNX model: {exception.Message}", exception);
        }

        if (model.Graph is null) throw new OnnxFormatException($"'{path}' is not an ONNX model: it has no graph");
        List<string> external = [];
        SortedSet<string> domains = new(StringComparer.Ordinal);
        Visit(model.Graph, external, domains);
        foreach (OutlineFunction function in model.Functions) Visit(function.Node, external, domains);
        Dictionary<string, long> operatorSets = [];
        foreach (OperatorSetIdProto import in model.OpsetImport) operatorSets[import.Domain] = import.Version;
        Dictionary<string, string> metadata = [];
        foreach (StringStringEntryProto entry in model.MetadataProps) metadata[entry.Key] = entry.Value;
        return new OnnxOutline
        {
            IrVersion = model.IrVersion,
            Producer = $"{model.ProducerName} {model.ProducerVersion}".Trim(),
            OperatorSets = operatorSets,
            Inputs = [.. model.Graph.Input.Select(Describe)],
            Outputs = [.. model.Graph.Output.Select(Describe)],
            Initializers = [.. model.Graph.Initializer.Select(tensor => tensor.Name)],
            ExternalData = [.. external.Distinct(StringComparer.Ordinal)],
            OperatorDomains = [.. domains],
            Metadata = metadata,
        };
    }

    private static OnnxValue Describe(ValueInfoProto value)
    {
        TypeProto.Types.Tensor? tensor = value.Type?.TensorType;
        return new OnnxValue(value.Name, tensor?.ElemType ?? 0, [.. (tensor?.Shape?.Dim ?? []).Select(Describe)]);
    }

    private static string Describe(TensorShapeProto.Types.Dimension dimension) => dimension.ValueCase switch
    {
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue => dimension.DimValue.ToString(CultureInfo.InvariantCulture),
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam => dimension.DimParam,
        _ => "?",
    };

    private static void Visit(OutlineGraph graph, List<string> external, SortedSet<string> domains)
    {
        foreach (OutlineTensor tensor in graph.Initializer) Visit(tensor, external);
        foreach (OutlineSparseTensor tensor in graph.SparseInitializer) Visit(tensor, external);
        Visit(graph.Node, external, domains);
    }

    private static void Visit(IEnumerable<OutlineNode> nodes, List<string> external, SortedSet<string> domains)
    {
        foreach (OutlineNode node in nodes)
        {
            domains.Add(node.Domain);
            foreach (OutlineAttribute attribute in node.Attribute)
            {
                if (attribute.T is not null) Visit(attribute.T, external);
                if (attribute.SparseTensor is not null) Visit(attribute.SparseTensor, external);
                if (attribute.G is not null) Visit(attribute.G, external, domains);
                foreach (OutlineTensor tensor in attribute.Tensors) Visit(tensor, external);
                foreach (OutlineSparseTensor tensor in attribute.SparseTensors) Visit(tensor, external);
                foreach (OutlineGraph graph in attribute.Graphs) Visit(graph, external, domains);
            }
        }
    }

    private static void Visit(OutlineSparseTensor tensor, List<string> external)
    {
        if (tensor.Values is not null) Visit(tensor.Values, external);
        if (tensor.Indices is not null) Visit(tensor.Indices, external);
    }

    private static void Visit(OutlineTensor tensor, List<string> external)
    {
        foreach (StringStringEntryProto entry in tensor.ExternalData)
        {
            if (entry.Key == "location") external.Add(entry.Value);
        }
    }
}
