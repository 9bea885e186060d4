using Google.Protobuf;
using OrleansInference.Onnx.Messages;

namespace OrleansInference.Onnx.Reading;

/// <summary>
/// Reads a model's graph without the contents of its large tensors: what its nodes are, and the small constants that
/// decide shapes. A file of gigabytes takes as much memory as its largest node.
/// </summary>
public static class OnnxGraphReader
{
    /// <summary>Tensors and nodes up to this many bytes are read whole.</summary>
    private const int SmallBytes = 16 << 10;

    private const int ModelGraphField = 7;
    private const int GraphNodeField = 1;
    private const int GraphInitializerField = 5;
    private const int TensorRawDataField = 9;

    /// <summary>Contents of a tensor, by any type, and the file they lie in.</summary>
    private static readonly HashSet<int> TensorContents = [4, 5, 6, 7, TensorRawDataField, 10, 11];

    /// <summary>Reads the file at <paramref name="path"/>.</summary>
    /// <returns>The model; large tensors have their names, types and shapes alone.</returns>
    /// <exception cref="OnnxFormatException">The file is not a whole ONNX model.</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    public static ModelProto Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using FileStream file = new(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete,
                1 << 16
            );
            return Model(new WireFields(file));
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or EndOfStreamException)
        {
            throw new OnnxFormatException(path, $"is not a whole ONNX file: {exception.Message}", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    private static ModelProto Model(WireFields file)
    {
        ModelProto model = new() { Graph = new GraphProto() };
        foreach (WireField field in file.Read(0, file.Length))
        {
            if (field.Number == ModelGraphField && field.IsNested)
            {
                AddGraph(model.Graph, file, field);
            }
            else
            {
                model.MergeFrom(file.Bytes(field));
            }
        }

        return model;
    }

    private static void AddGraph(GraphProto graph, WireFields file, WireField whole)
    {
        foreach (WireField field in file.Read(whole.Start, whole.Length))
        {
            if (field.Number == GraphInitializerField && field.Length > SmallBytes)
            {
                graph.Initializer.Add(Outline(file, field));
            }
            else if (field.Number == GraphNodeField && field.Length > SmallBytes)
            {
                graph.Node.Add(WithoutContents(NodeProto.Parser.ParseFrom(file.Contents(field))));
            }
            else
            {
                graph.MergeFrom(file.Bytes(field));
            }
        }
    }

    private static TensorProto Outline(WireFields file, WireField whole)
    {
        TensorProto tensor = new();
        foreach (WireField field in file.Read(whole.Start, whole.Length))
        {
            if (!TensorContents.Contains(field.Number))
            {
                tensor.MergeFrom(file.Bytes(field));
            }
        }

        return tensor;
    }

    private static NodeProto WithoutContents(NodeProto node)
    {
        foreach (AttributeProto attribute in node.Attribute)
        {
            if (attribute.T is not { } tensor)
            {
                continue;
            }
            TensorProto outline = new() { Name = tensor.Name, DataType = tensor.DataType };
            outline.Dims.Add(tensor.Dims);
            attribute.T = outline;
        }

        return node;
    }
}
