namespace OrleansInference.Onnx.RowIndependence.Rules;

/// <summary>Operators that sum up, compare or sort along axes, which must not be the batch's.</summary>
internal static class ReductionRules
{
    /// <summary>ReduceSum and its kin.</summary>
    public static TracedValue[] Reduce(RuleNode node)
    {
        TracedValue value = node.Input(0);
        int rank = node.Shape(value).Count;
        long[]? given = node.Ints("axes", 1);
        if (given is not { Length: > 0 })
        {
            if (node.Int("noop_with_empty_axes", 0) != 0)
            {
                return [TracedValue.Of(value.Shape!, value.Axis)];
            }
            given = [.. Enumerable.Range(0, rank)];
        }

        return [Without(node, value, node.Axes(given, rank), node.Int("keepdims", 1) != 0)];
    }

    /// <summary>ArgMax and ArgMin.</summary>
    public static TracedValue[] ArgReduce(RuleNode node)
    {
        TracedValue value = node.Input(0);
        int axis = node.Axis(node.Int("axis", 0), node.Shape(value).Count);
        return [Without(node, value, [axis], node.Int("keepdims", 1) != 0)];
    }

    /// <summary>
    /// Softmax, LogSoftmax, Hardmax: along one axis since operator set 13, over all axes from it on before.
    /// </summary>
    public static TracedValue[] Softmax(RuleNode node)
    {
        TracedValue value = node.Input(0);
        int rank = node.Shape(value).Count;
        int axis = node.Axis(node.Int("axis", node.Opset >= 13 ? -1 : 1), rank);
        bool meets = node.Opset >= 13 ? axis == value.Axis : value.Axis >= axis;
        if (meets)
        {
            throw node.Unproven("it normalises over the batch");
        }
        return [TracedValue.Of(value.Shape!, value.Axis)];
    }

    /// <summary>LpNormalization and CumSum: along one axis, the shape stays.</summary>
    public static TracedValue[] AlongAxis(RuleNode node)
    {
        TracedValue value = node.Input(0);
        int rank = node.Shape(value).Count;
        long axis = node.Operator == "CumSum" ? node.Constants(node.Input(1), "axis").Single() : node.Int("axis", -1);
        if (node.Axis(axis, rank) == value.Axis)
        {
            throw node.Unproven("it goes along the batch");
        }
        return [TracedValue.Of(value.Shape!, value.Axis)];
    }

    /// <summary>LayerNormalization and RMSNormalization: over all axes from one on.</summary>
    public static TracedValue[] LayerNormalization(RuleNode node)
    {
        node.RequireUniformFrom(1, "scale or bias");
        TracedValue value = node.Input(0);
        int rank = node.Shape(value).Count;
        int axis = node.Axis(node.Int("axis", -1), rank);
        if (value.Axis >= axis)
        {
            throw node.Unproven("it normalises over the batch");
        }
        for (int i = 1; i < node.Inputs.Count; i++)
        {
            // A scale of more dimensions would stretch the result along the batch.
            if (node.Optional(i) is { } parameter && node.Shape(parameter).Count > rank - axis)
            {
                throw node.Unproven("its scale has too many dimensions");
            }
        }

        TracedValue statistics = TracedValue.Of(
            [.. value.Shape!.Select((size, i) => i < axis ? size : SymbolicSize.One)],
            value.Axis
        );
        TracedValue normalised = TracedValue.Of(value.Shape!, value.Axis);
        return [.. Enumerable.Range(0, node.OutputPlaces).Select(output => output == 0 ? normalised : statistics)];
    }

    /// <summary>MeanVarianceNormalization, over the axes 0, 2 and 3 where it names none.</summary>
    public static TracedValue[] MeanVariance(RuleNode node)
    {
        TracedValue value = node.Input(0);
        int[] axes = node.Axes(node.Ints("axes") ?? [0, 2, 3], node.Shape(value).Count);
        if (value.Axis is { } batch && axes.Contains(batch))
        {
            throw node.Unproven("it normalises over the batch");
        }
        return [TracedValue.Of(value.Shape!, value.Axis)];
    }

    /// <summary>TopK: the largest values along an axis, and where they are.</summary>
    public static TracedValue[] TopK(RuleNode node)
    {
        TracedValue count =
            node.RequireUniform(1, "number of values") ?? throw node.Unproven("the number of values is missing");
        TracedValue value = node.Input(0);
        int axis = node.Axis(node.Int("axis", -1), node.Shape(value).Count);
        if (axis == value.Axis)
        {
            throw node.Unproven("it sorts along the batch");
        }
        SymbolicSize[] shape = [.. value.Shape!];
        shape[axis] = count.Elements is [{ } known] ? known : node.Unknown();
        TracedValue found = TracedValue.Of(shape, value.Axis);
        return [.. Enumerable.Repeat(found, node.OutputPlaces)];
    }

    private static TracedValue Without(RuleNode node, TracedValue value, int[] axes, bool keepDimensions)
    {
        if (value.CountsRows)
        {
            throw node.Unproven("it computes with the number of rows");
        }
        if (value.Axis is { } batch && axes.Contains(batch))
        {
            throw node.Unproven("it goes over the batch");
        }
        List<SymbolicSize> shape = [];
        int? moved = null;
        for (int axis = 0; axis < value.Rank; axis++)
        {
            if (axis == value.Axis)
            {
                moved = shape.Count;
            }
            if (!axes.Contains(axis))
            {
                shape.Add(value.Shape![axis]);
            }
            else if (keepDimensions)
            {
                shape.Add(SymbolicSize.One);
            }
        }

        return TracedValue.Of(shape, moved);
    }
}
