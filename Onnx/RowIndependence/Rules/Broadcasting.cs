namespace OrleansInference.Onnx.RowIndependence.Rules;

/// <summary>NumPy broadcasting: shapes are aligned from the right and stretched to each other.</summary>
internal static class Broadcasting
{
    /// <summary>Combines <paramref name="operands"/> element by element.</summary>
    /// <exception cref="RowsMeetException">Rows of one operand do not line up with the rows of another.</exception>
    public static TracedValue Join(RuleNode node, IReadOnlyList<TracedValue> operands)
    {
        if (operands.Any(operand => operand.CountsRows))
        {
            throw node.Unproven("it computes with the number of rows");
        }
        int rank = operands.Max(operand => node.Shape(operand).Count);
        SymbolicSize[] shape = new SymbolicSize[rank];
        int? batch = null;
        for (int axis = 0; axis < rank; axis++)
        {
            shape[axis] = JoinAxis(node, operands, axis - rank, out bool isBatch);
            if (!isBatch)
            {
                continue;
            }
            batch = batch is null ? axis : throw node.Unproven("rows lie along different axes of its inputs");
        }

        return TracedValue.Of(shape, batch);
    }

    /// <summary>One axis, counted from the right as −1, −2, …</summary>
    public static SymbolicSize JoinAxis(
        RuleNode node,
        IReadOnlyList<TracedValue> operands,
        int fromRight,
        out bool isBatch
    )
    {
        isBatch = false;
        List<SymbolicSize> sizes = [];
        SymbolicSize? rows = null;
        foreach (TracedValue operand in operands)
        {
            int axis = operand.Rank + fromRight;
            if (axis < 0)
            {
                continue;
            }
            SymbolicSize size = operand.Shape![axis];
            if (axis != operand.Axis)
            {
                sizes.Add(size);
                continue;
            }

            if (rows is not null && !rows.Equals(size))
            {
                throw node.Unproven("its inputs have different numbers of rows");
            }
            rows = size;
        }

        if (rows is null)
        {
            return Widest(node, sizes);
        }
        isBatch = true;
        return sizes.All(size => size.Is(1)) ? rows : throw node.Unproven("a constant of many rows meets the batch");
    }

    private static SymbolicSize Widest(RuleNode node, List<SymbolicSize> sizes)
    {
        SymbolicSize widest = SymbolicSize.One;
        foreach (SymbolicSize size in sizes)
        {
            if (size.Is(1) || size.Equals(widest))
            {
                continue;
            }
            if (!widest.Is(1))
            {
                return sizes.FirstOrDefault(known => known.IsConstant && !known.Is(1)) ?? node.Unknown();
            }
            widest = size;
        }

        return widest;
    }
}
