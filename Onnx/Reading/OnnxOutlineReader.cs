using Google.Protobuf;
using OrleansInference.Onnx.Files;
using OrleansInference.Onnx.Messages;
using Outline = OrleansInference.Onnx.Messages.Outline;

namespace OrleansInference.Onnx.Reading;

/// <summary>
/// Reads what an ONNX file says about itself and skips its weights: a file of gigabytes takes a few kilobytes of
/// memory.
/// </summary>
public static class OnnxOutlineReader
{
    private static readonly MessageParser<Outline.ModelProto> Parser =
        Outline.ModelProto.Parser.WithDiscardUnknownFields(true);

    /// <summary>Reads the file at <paramref name="path"/>.</summary>
    /// <exception cref="OnnxFormatException">The file is not a whole ONNX model.</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    public static OnnxOutline Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Describe(path, Parse(path));
    }

    private static Outline.ModelProto Parse(string path)
    {
        try
        {
            using FileStream stream = RegularFile.OpenRead(path);
            if (stream.Length == 0)
            {
                throw new OnnxFormatException(path, "is not a whole ONNX file: it is empty");
            }
            return Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new OnnxFormatException(
                path,
                $"is not a whole ONNX file: {OtherFormat.Detect(path) ?? exception.Message}",
                exception
            );
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    private static OnnxOutline Describe(string path, Outline.ModelProto model)
    {
        string? other = model.Graph is null ? OtherFormat.Detect(path) : null;
        if (model.Graph is null)
        {
            throw new OnnxFormatException(path, $"is not a whole ONNX file: {other ?? "it has no graph"}");
        }
        if (model.IrVersion < 1)
        {
            throw new OnnxFormatException(path, "is not a whole ONNX file: it does not say its ir_version");
        }
        // Operator sets came with version 3 of the format; a later file without one was cut off.
        if (model.IrVersion >= 3 && model.OpsetImport.Count == 0)
        {
            throw new OnnxFormatException(path, "is not a whole ONNX file: it imports no operator set");
        }

        OnnxContents contents = OnnxContents.Collect(path, model);
        IEnumerable<string> dense = model.Graph.Initializer.Select(tensor => tensor.Name);
        IEnumerable<string> sparse = model.Graph.SparseInitializer.Select(tensor => tensor.Values?.Name ?? "");
        return new OnnxOutline
        {
            Path = path,
            IrVersion = model.IrVersion,
            OpsetImports = LastByKey(
                model.OpsetImport,
                import => OnnxContents.Domain(import.Domain),
                import => import.Version
            ),
            ProducerName = model.ProducerName,
            ProducerVersion = model.ProducerVersion,
            GraphName = model.Graph.Name,
            Inputs = [.. model.Graph.Input.Select(Value)],
            Outputs = [.. model.Graph.Output.Select(Value)],
            InitializerNames = [.. dense, .. sparse],
            ExternalDataLocations = contents.ExternalDataLocations,
            Metadata = LastByKey(model.MetadataProps, property => property.Key, property => property.Value),
            OperatorDomains = contents.OperatorDomains,
        };
    }

    private static OnnxValue Value(Outline.ValueInfoProto value)
    {
        Outline.TypeProto.Types.Tensor? tensor = value.Type?.TensorType;
        return new OnnxValue(
            value.Name,
            (TensorProto.Types.DataType)(tensor?.ElemType ?? 0),
            tensor?.Shape is { } shape ? [.. shape.Dim.Select(Dimension)] : null
        );
    }

    private static OnnxDimension Dimension(Outline.TensorShapeProto.Types.Dimension dimension) =>
        dimension.ValueCase switch
        {
            Outline.TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue => OnnxDimension.Of(dimension.DimValue),
            Outline.TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam => OnnxDimension.Of(dimension.DimParam),
            _ => OnnxDimension.Free,
        };

    private static Dictionary<string, TValue> LastByKey<T, TValue>(
        IEnumerable<T> items,
        Func<T, string> key,
        Func<T, TValue> value
    )
    {
        Dictionary<string, TValue> byKey = new(StringComparer.Ordinal);
        foreach (T item in items)
        {
            byKey[key(item)] = value(item);
        }
        return byKey;
    }
}
