using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using Kind = OrleansInference.Onnx.Messages.TensorProto.Types.DataType;

namespace OrleansInference.Onnx.Optimization;

/// <summary>
/// Dynamic quantisation to INT8, without calibration data. Weights of MatMul, Gemm and Conv become symmetric INT8, with
/// a scale for each column, or for the whole of a convolution. Activations are quantised to UINT8 as they come; all
/// else stays FP32. Each row of an activation has a scale of its own, because a row's result must not depend on the
/// rows that share its run. DynamicQuantizeLinear has one scale for the batch.
/// </summary>
public static class DynamicInt8
{
    private const int Levels = 127;
    private const int LeastWeights = 64;
    private const int LeastOpset = 11;

    /// <summary>Since this operator set the axes of ReduceMax are an input.</summary>
    private const int AxesAsInput = 18;

    /// <summary>Operators whose results are never negative: all 256 levels are theirs.</summary>
    private static readonly HashSet<string> NonNegative = ["Relu", "Sigmoid", "Softmax", "HardSigmoid"];

    /// <summary>Operators that move values, or average them, and so keep their sign.</summary>
    private static readonly HashSet<string> Moving =
    [
        "Flatten",
        "Reshape",
        "MaxPool",
        "AveragePool",
        "GlobalAveragePool",
        "Identity",
        "Dropout",
        "Transpose",
        "Squeeze",
        "Unsqueeze",
    ];

    /// <summary>Operators that operator set 11 reads as 7 does.</summary>
    private static readonly HashSet<string> Unchanged =
    [
        "Abs",
        "Add",
        "AveragePool",
        "BatchNormalization",
        "Concat",
        "Constant",
        "Conv",
        "Div",
        "Dropout",
        "Elu",
        "Exp",
        "Flatten",
        "Gemm",
        "GlobalAveragePool",
        "GlobalMaxPool",
        "Identity",
        "LRN",
        "LeakyRelu",
        "Log",
        "MatMul",
        "MaxPool",
        "Mul",
        "Neg",
        "PRelu",
        "ReduceMean",
        "Relu",
        "Reshape",
        "Sigmoid",
        "Softmax",
        "Sqrt",
        "Squeeze",
        "Sub",
        "Sum",
        "Tanh",
        "Transpose",
        "Unsqueeze",
    ];

    /// <summary>The model with quantised weights.</summary>
    /// <param name="model">The model; not changed.</param>
    /// <param name="quantised">How many nodes were quantised.</param>
    /// <exception cref="NotSupportedException">Its operator set is older than 11, which brought dynamic quantisation,
    /// and cannot be raised.</exception>
    public static ModelProto Convert(ModelProto model, out int quantised)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelProto result = model.Clone();
        Raise(result);
        GraphProto graph = result.Graph;
        Dictionary<string, TensorProto> constants = graph
            .Initializer.Where(FloatConstant.Is)
            .ToDictionary(tensor => tensor.Name);
        List<NodeProto> nodes = [];
        quantised = 0;
        foreach (NodeProto node in graph.Node)
        {
            NodeProto[]? replaced = node.OpType switch
            {
                "MatMul" => MatMul(result, node, constants),
                "Gemm" => Gemm(result, node, constants),
                "Conv" => Conv(result, node, constants),
                _ => null,
            };
            nodes.AddRange(replaced ?? [node]);
            if (replaced is not null)
            {
                quantised++;
            }
        }

        graph.Node.Clear();
        graph.Node.AddRange(nodes);
        // Weights that nothing reads any more.
        HashSet<string> read =
        [
            .. graph.Node.SelectMany(node => node.Input),
            .. graph.Output.Select(output => output.Name),
        ];
        foreach (TensorProto unused in graph.Initializer.Where(tensor => !read.Contains(tensor.Name)).ToArray())
        {
            graph.Initializer.Remove(unused);
            if (graph.Input.FirstOrDefault(input => input.Name == unused.Name) is { } input)
            {
                graph.Input.Remove(input);
            }
        }

        return result;
    }

    /// <summary>Brings operator sets 7 to 10 to 11, where all of the model's operators mean the same in both.</summary>
    private static void Raise(ModelProto model)
    {
        OperatorSetIdProto? set = model.OpsetImport.FirstOrDefault(set => set.Domain.Length == 0);
        long opset = set?.Version ?? 1;
        if (opset >= LeastOpset)
        {
            return;
        }
        if (opset < 7 || set is null)
        {
            throw new NotSupportedException(
                $"the model is of operator set {opset}; dynamic quantisation needs {LeastOpset} or newer, "
                    + $"or 7 to 10 where its operators have not changed since"
            );
        }
        if (model.Graph.Node.FirstOrDefault(node => !Unchanged.Contains(node.OpType)) is { } changed)
        {
            throw new NotSupportedException(
                $"the model is of operator set {opset} and uses {changed.OpType}, which has changed "
                    + $"since; export it with {LeastOpset} or newer"
            );
        }
        set.Version = LeastOpset;
    }

    private static NodeProto[]? MatMul(ModelProto model, NodeProto node, Dictionary<string, TensorProto> constants)
    {
        if (
            !constants.TryGetValue(node.Input[1], out TensorProto? weights)
            || weights.Dims.Count != 2
            || Elements(weights) < LeastWeights
        )
        {
            return null;
        }
        return Product(
            model,
            node,
            FloatConstant.Read(weights),
            (int)weights.Dims[0],
            (int)weights.Dims[1],
            bias: null
        );
    }

    private static NodeProto[]? Gemm(ModelProto model, NodeProto node, Dictionary<string, TensorProto> constants)
    {
        if (
            !constants.TryGetValue(node.Input[1], out TensorProto? weights)
            || weights.Dims.Count != 2
            || Elements(weights) < LeastWeights
        )
        {
            return null;
        }
        if (Float(node, "alpha", 1) != 1 || Float(node, "beta", 1) != 1 || Int(node, "transA", 0) != 0)
        {
            return null;
        }
        int rows = (int)weights.Dims[0];
        int columns = (int)weights.Dims[1];
        float[] values = FloatConstant.Read(weights);
        if (Int(node, "transB", 0) != 0)
        {
            float[] turned = new float[values.Length];
            for (int r = 0; r < rows; r++)
            {
                for (int c = 0; c < columns; c++)
                {
                    turned[(c * rows) + r] = values[(r * columns) + c];
                }
            }
            (values, rows, columns) = (turned, columns, rows);
        }

        return Product(
            model,
            node,
            values,
            rows,
            columns,
            node.Input.Count > 2 && node.Input[2].Length > 0 ? node.Input[2] : null
        );
    }

    private static NodeProto[] Product(
        ModelProto model,
        NodeProto node,
        float[] weights,
        int rows,
        int columns,
        string? bias
    )
    {
        string id = Id(node);
        float[] scales = new float[columns];
        sbyte[] quantised = new sbyte[weights.Length];
        for (int c = 0; c < columns; c++)
        {
            float largest = 0;
            for (int r = 0; r < rows; r++)
            {
                largest = MathF.Max(largest, MathF.Abs(weights[(r * columns) + c]));
            }
            // A column of zeros has no largest value to divide by.
            scales[c] = largest == 0 ? 1 : largest / Levels;
            for (int r = 0; r < rows; r++)
            {
                quantised[(r * columns) + c] = (sbyte)
                    Math.Clamp(MathF.Round(weights[(r * columns) + c] / scales[c]), -Levels, Levels);
            }
        }

        model.Graph.Initializer.Add(OnnxTensor.Of<sbyte>($"{id}_w", quantised, rows, columns));
        model.Graph.Initializer.Add(OnnxTensor.Of<float>($"{id}_w_scale", scales, columns));
        return [.. Quantised(model, node, id, "MatMulInteger", axes: [-1], bias)];
    }

    private static NodeProto[]? Conv(ModelProto model, NodeProto node, Dictionary<string, TensorProto> constants)
    {
        if (
            !constants.TryGetValue(node.Input[1], out TensorProto? weights)
            || weights.Dims.Count < 3
            || Elements(weights) < LeastWeights
        )
        {
            return null;
        }
        string id = Id(node);
        float[] values = FloatConstant.Read(weights);
        float scale = MathF.Max(values.Max(MathF.Abs), 1e-12f) / Levels;
        sbyte[] quantised = [.. values.Select(value => (sbyte)Math.Clamp(MathF.Round(value / scale), -Levels, Levels))];
        model.Graph.Initializer.Add(OnnxTensor.Of<sbyte>($"{id}_w", quantised, [.. weights.Dims]));
        model.Graph.Initializer.Add(OnnxTensor.Of<float>($"{id}_w_scale", [scale], 1));
        string? bias = null;
        if (node.Input.Count > 2 && node.Input[2].Length > 0)
        {
            if (!constants.TryGetValue(node.Input[2], out TensorProto? added))
            {
                return null;
            }
            long[] shape = [1, added.Dims[0], .. Enumerable.Repeat(1L, weights.Dims.Count - 2)];
            model.Graph.Initializer.Add(OnnxTensor.Of<float>(bias = $"{id}_bias", FloatConstant.Read(added), shape));
        }

        long[] picture = [.. Enumerable.Range(1, weights.Dims.Count - 1).Select(axis => (long)axis)];
        return [.. Quantised(model, node, id, "ConvInteger", picture, bias)];
    }

    /// <summary>Quantise each row of the activation, multiply in integers, scale back, add the bias.</summary>
    private static IEnumerable<NodeProto> Quantised(
        ModelProto model,
        NodeProto node,
        string id,
        string operation,
        long[] axes,
        string? bias
    )
    {
        string activation = node.Input[0];
        bool isPositive = IsNonNegative(model.Graph, activation);
        // What is never below zero has all the steps of a byte for itself.
        (byte zero, int levels) = isPositive ? ((byte)0, byte.MaxValue) : ((byte)(Levels + 1), Levels);
        model.Graph.Initializer.Add(OnnxTensor.Of<float>($"{id}_least", [1e-30f]));
        model.Graph.Initializer.Add(OnnxTensor.Of<float>($"{id}_step", [1f / levels]));
        model.Graph.Initializer.Add(OnnxTensor.Of<byte>($"{id}_zero", [zero]));

        if (!isPositive)
        {
            yield return Node("Abs", [activation], [$"{id}_size"]);
        }
        yield return Largest(model, id, isPositive ? activation : $"{id}_size", axes);
        // A row of zeros has no largest value to divide by.
        yield return Node("Max", [$"{id}_row", $"{id}_least"], [$"{id}_largest"]);
        yield return Node("Div", [activation, $"{id}_largest"], [$"{id}_share"]);
        yield return Node("QuantizeLinear", [$"{id}_share", $"{id}_step", $"{id}_zero"], [$"{id}_a"]);
        NodeProto product = Node(operation, [$"{id}_a", $"{id}_w", $"{id}_zero"], [$"{id}_int"]);
        if (operation == "ConvInteger")
        {
            product.Attribute.Add(node.Attribute);
        }
        yield return product;
        NodeProto cast = Node("Cast", [$"{id}_int"], [$"{id}_float"]);
        cast.Attribute.Add(OnnxAttribute.Of("to", (long)Kind.Float));
        yield return cast;
        yield return Node("Mul", [$"{id}_largest", $"{id}_step"], [$"{id}_a_scale"]);
        yield return Node("Mul", [$"{id}_float", $"{id}_a_scale"], [$"{id}_rows"]);
        yield return Node("Mul", [$"{id}_rows", $"{id}_w_scale"], [bias is null ? node.Output[0] : $"{id}_scaled"]);
        if (bias is not null)
        {
            yield return Node("Add", [$"{id}_scaled", bias], [node.Output[0]]);
        }
    }

    private static bool IsNonNegative(GraphProto graph, string value)
    {
        NodeProto? maker = graph.Node.FirstOrDefault(node => node.Output.Contains(value));
        while (maker is not null && Moving.Contains(maker.OpType))
        {
            string moved = maker.Input[0];
            maker = graph.Node.FirstOrDefault(node => node.Output.Contains(moved));
        }

        return maker is not null && NonNegative.Contains(maker.OpType);
    }

    private static NodeProto Largest(ModelProto model, string id, string value, long[] axes)
    {
        NodeProto largest = Node("ReduceMax", [value], [$"{id}_row"]);
        if (model.OpsetImport.First(set => set.Domain.Length == 0).Version < AxesAsInput)
        {
            largest.Attribute.Add(OnnxAttribute.Of("axes", axes));
            return largest;
        }

        model.Graph.Initializer.Add(OnnxTensor.Of<long>($"{id}_axes", axes, axes.Length));
        largest.Input.Add($"{id}_axes");
        return largest;
    }

    private static NodeProto Node(string operation, string[] inputs, string[] outputs) =>
        new()
        {
            Name = $"{operation}_{outputs[0]}",
            OpType = operation,
            Input = { inputs },
            Output = { outputs },
        };

    private static string Id(NodeProto node) => $"{node.Output[0]}_int8";

    private static long Elements(TensorProto tensor) => tensor.Dims.Aggregate(1L, (product, size) => product * size);

    private static float Float(NodeProto node, string name, float fallback) =>
        node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.F ?? fallback;

    private static long Int(NodeProto node, string name, long fallback) =>
        node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.I ?? fallback;
}
