using Kind = OrleansInference.Onnx.Messages.TensorProto.Types.DataType;

namespace OrleansInference.Onnx.RowIndependence.Rules;

/// <summary>Operators each of whose elements follows from the elements at its own place.</summary>
internal static class ElementwiseRules
{
    /// <summary>Element types that hold every size exactly.</summary>
    private static readonly HashSet<long> CountableTypes =
    [
        (long)Kind.Float,
        (long)Kind.Double,
        (long)Kind.Int32,
        (long)Kind.Int64,
    ];

    /// <summary>
    /// One data input; every output has its shape. Further inputs are parameters, the same for every batch.
    /// </summary>
    public static TracedValue[] Unary(RuleNode node)
    {
        node.RequireUniformFrom(1, "parameters");
        TracedValue value = node.Input(0);
        // A copy, or a cast to another type of numbers, keeps what is known of the contents; nothing else does.
        if (node.Operator == "Identity" || (node.Operator == "Cast" && CountableTypes.Contains(node.Int("to", 0))))
        {
            return Each(node, value);
        }
        if (value.CountsRows)
        {
            throw node.Unproven("it computes with the number of rows");
        }
        return Each(node, TracedValue.Of(node.Shape(value), value.Axis));
    }

    /// <summary>The first input's shape; what the second holds does not matter.</summary>
    public static TracedValue[] LikeFirst(RuleNode node)
    {
        TracedValue value = node.Input(0);
        return Each(node, TracedValue.Of(node.Shape(value), value.Axis));
    }

    /// <summary>Any number of inputs, broadcast against each other.</summary>
    public static TracedValue[] Broadcast(RuleNode node) => Each(node, Broadcasting.Join(node, [.. node.Given]));

    /// <summary>Dropout, which copies where it does not train.</summary>
    public static TracedValue[] Dropout(RuleNode node)
    {
        if (node.Optional(2) is { } training && (training.Elements is not [{ } flag] || !flag.Is(0)))
        {
            throw node.Unproven("it drops values at random");
        }
        TracedValue value = node.Input(0);
        return Each(node, TracedValue.Of(node.Shape(value), value.Axis));
    }

    /// <summary>
    /// QuantizeLinear and DequantizeLinear: scale and zero point for the whole tensor or along an axis.
    /// </summary>
    public static TracedValue[] Linear(RuleNode node)
    {
        TracedValue value = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(value);
        for (int i = 1; i < node.Inputs.Count; i++)
        {
            if (node.Optional(i) is { } parameter)
            {
                RequireAlong(node, value, shape, parameter);
            }
        }

        return Each(node, TracedValue.Of(shape, value.Axis));
    }

    /// <summary>
    /// A scale that is one number, or one for each entry of an axis: of the batch's axis only where each row brings its
    /// own.
    /// </summary>
    private static void RequireAlong(
        RuleNode node,
        TracedValue value,
        IReadOnlyList<SymbolicSize> shape,
        TracedValue parameter
    )
    {
        IReadOnlyList<SymbolicSize> scales = node.Shape(parameter);
        if (parameter.CountsRows)
        {
            throw node.Unproven("its scale depends on the number of rows");
        }
        if (!parameter.IsBatched && (scales.Count == 0 || scales is [{ } only] && only.Is(1)))
        {
            return;
        }
        if (node.Int("block_size", 0) != 0 || scales.Count != 1)
        {
            throw node.Unproven("its scales come in blocks");
        }
        int axis = node.Axis(node.Int("axis", 1), shape.Count);
        bool along = axis == value.Axis;
        if (along != parameter.IsBatched)
        {
            throw node.Unproven("its scales do not go with the rows");
        }
        if (along && !scales[0].Equals(shape[axis]))
        {
            throw node.Unproven("it has not one scale for each row");
        }
    }

    private static TracedValue[] Each(RuleNode node, TracedValue value) =>
        [.. Enumerable.Repeat(value, node.OutputPlaces)];
}
