namespace OrleansInference.Onnx.RowIndependence.Rules;

/// <summary>Products of matrices, whose inner dimension must not be the batch's.</summary>
internal static class LinearRules
{
    /// <summary>MatMul, and MatMulInteger with zero points that are one number for all rows.</summary>
    public static TracedValue[] MatMul(RuleNode node)
    {
        for (int i = 2; i < node.Inputs.Count; i++)
        {
            RequireScalar(node, i, "zero point");
        }
        return [Product(node, node.Input(0), node.Input(1))];
    }

    /// <summary>
    /// QLinearMatMul: scales and zero points are the file's, the left one's and the result's one number.
    /// </summary>
    public static TracedValue[] QLinearMatMul(RuleNode node)
    {
        foreach (int i in new[] { 1, 2, 6, 7 })
        {
            RequireScalar(node, i, "scale or zero point");
        }
        node.RequireUniform(4, "scale");
        node.RequireUniform(5, "zero point");
        return [Product(node, node.Input(0), node.Input(3))];
    }

    /// <summary>Gemm: A × B + C, either turned.</summary>
    public static TracedValue[] Gemm(RuleNode node)
    {
        TracedValue a = Transposed(node, node.Input(0), "transA");
        TracedValue b = Transposed(node, node.Input(1), "transB");
        TracedValue product = Product(node, a, b);
        return [node.Optional(2) is { } c ? Broadcasting.Join(node, [product, c]) : product];
    }

    /// <summary>Gemm, or a product with a turned operand, as ONNX Runtime writes them after fusing.</summary>
    public static TracedValue[] FusedMatMul(RuleNode node)
    {
        if (node.Int("transBatchA", 0) != 0 || node.Int("transBatchB", 0) != 0)
        {
            throw node.Unproven("it turns the batch");
        }
        return
        [
            Product(node, TransposedLast(node, node.Input(0), "transA"), TransposedLast(node, node.Input(1), "transB")),
        ];
    }

    /// <summary>MatMulNBits: rows times weights of few bits, which are the file's.</summary>
    public static TracedValue[] MatMulNBits(RuleNode node)
    {
        node.RequireUniformFrom(1, "weights");
        TracedValue a = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(a);
        if (a.Axis == shape.Count - 1)
        {
            throw node.Unproven("it adds up over the batch");
        }
        return [TracedValue.Of([.. shape.Take(shape.Count - 1), SymbolicSize.Of(node.Int("N", 0))], a.Axis)];
    }

    /// <summary>Einsum: rows must carry one letter of their own that stands in the result and in no constant.</summary>
    public static TracedValue[] Einsum(RuleNode node)
    {
        string equation = node.Text("equation", "").Replace(" ", "", StringComparison.Ordinal);
        string[] sides = equation.Split("->");
        string[] terms = sides[0].Split(',');
        if (sides.Length != 2 || equation.Contains('.') || terms.Length != node.Inputs.Count)
        {
            throw node.Unproven($"its equation '{equation}' is not read here");
        }
        Dictionary<char, SymbolicSize> sizes = [];
        char? letter = null;
        for (int i = 0; i < terms.Length; i++)
        {
            IReadOnlyList<SymbolicSize> shape = node.Shape(node.Input(i));
            if (shape.Count != terms[i].Length || terms[i].Distinct().Count() != terms[i].Length)
            {
                throw node.Unproven($"its equation '{equation}' is not read here");
            }
            for (int axis = 0; axis < shape.Count; axis++)
            {
                bool isBatch = node.Input(i).Axis == axis;
                if (isBatch && (letter ??= terms[i][axis]) != terms[i][axis])
                {
                    throw node.Unproven("rows carry different letters");
                }
                bool known = sizes.TryGetValue(terms[i][axis], out SymbolicSize? before);
                if (!known || before!.Is(1))
                {
                    sizes[terms[i][axis]] = shape[axis];
                }
            }
        }

        if (letter is { } rows)
        {
            RequireOwnLetter(node, terms, sides[1], rows);
        }
        int place = letter is { } found ? sides[1].IndexOf(found, StringComparison.Ordinal) : -1;
        return [TracedValue.Of([.. sides[1].Select(name => sizes[name])], place < 0 ? null : place)];
    }

    /// <summary>The matrix product of two tensors, broadcast over the dimensions before the last two.</summary>
    public static TracedValue Product(RuleNode node, TracedValue a, TracedValue b)
    {
        if (a.CountsRows || b.CountsRows)
        {
            throw node.Unproven("it computes with the number of rows");
        }
        IReadOnlyList<SymbolicSize> left = node.Shape(a);
        IReadOnlyList<SymbolicSize> right = node.Shape(b);
        if (left.Count == 0 || right.Count == 0)
        {
            throw node.Unproven("an operand has no dimension");
        }
        int inner = Math.Max(0, right.Count - 2);
        if (a.Axis == left.Count - 1 || (b.IsBatched && b.Axis == inner))
        {
            throw node.Unproven("it adds up over the batch");
        }

        // A vector is a matrix of one row, or of one column; the dimension added is taken away again.
        TracedValue matrixA = left.Count > 1 ? a : TracedValue.Of([SymbolicSize.One, left[0]], null);
        TracedValue matrixB = right.Count > 1 ? b : TracedValue.Of([right[0], SymbolicSize.One], null);
        (List<SymbolicSize> shape, int? batch) = Multiply(node, matrixA, matrixB);
        if (left.Count == 1)
        {
            Remove(shape, shape.Count - 2, ref batch);
        }
        if (right.Count == 1)
        {
            Remove(shape, shape.Count - 1, ref batch);
        }
        return TracedValue.Of(shape, batch);
    }

    private static (List<SymbolicSize> Shape, int? Batch) Multiply(RuleNode node, TracedValue a, TracedValue b)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        List<SymbolicSize> shape = [];
        int? batch = null;
        for (int fromRight = -rank; fromRight < 0; fromRight++)
        {
            bool isBatch;
            if (fromRight < -2)
            {
                shape.Add(Broadcasting.JoinAxis(node, [a, b], fromRight, out isBatch));
            }
            else
            {
                TracedValue owner = fromRight == -2 ? a : b;
                isBatch = owner.Axis == owner.Rank + fromRight;
                shape.Add(owner.Shape![owner.Rank + fromRight]);
            }

            if (!isBatch)
            {
                continue;
            }
            batch = batch is null ? shape.Count - 1 : throw node.Unproven("each row meets every other");
        }

        // Rows of one operand that found no place in the result were added up with something.
        if (batch is null && (a.IsBatched || b.IsBatched))
        {
            throw node.Unproven("it adds up over the batch");
        }
        return (shape, batch);
    }

    private static void Remove(List<SymbolicSize> shape, int axis, ref int? batch)
    {
        shape.RemoveAt(axis);
        if (batch > axis)
        {
            batch--;
        }
    }

    private static TracedValue Transposed(RuleNode node, TracedValue value, string flag)
    {
        if (node.Shape(value).Count != 2)
        {
            throw node.Unproven("an operand is no matrix");
        }
        return TransposedLast(node, value, flag);
    }

    private static TracedValue TransposedLast(RuleNode node, TracedValue value, string flag)
    {
        IReadOnlyList<SymbolicSize> shape = node.Shape(value);
        if (node.Int(flag, 0) == 0)
        {
            return value;
        }
        int rank = shape.Count;
        if (rank < 2)
        {
            throw node.Unproven("an operand is no matrix");
        }
        SymbolicSize[] turned = [.. shape.Take(rank - 2), shape[rank - 1], shape[rank - 2]];
        int? axis =
            value.Axis == rank - 1 ? rank - 2
            : value.Axis == rank - 2 ? rank - 1
            : value.Axis;
        return TracedValue.Of(turned, axis);
    }

    private static void RequireScalar(RuleNode node, int input, string role)
    {
        if (node.RequireUniform(input, role) is not { } value)
        {
            return;
        }
        IReadOnlyList<SymbolicSize> shape = node.Shape(value);
        bool single = shape.Count == 0 || shape is [{ } only] && only.Is(1);
        // The right operand's zero point may have one for each column.
        if (!single && input != 3)
        {
            throw node.Unproven($"its {role} is not one number");
        }
    }

    private static void RequireOwnLetter(RuleNode node, string[] terms, string result, char rows)
    {
        if (!result.Contains(rows))
        {
            throw node.Unproven("it adds up over the batch");
        }
        for (int i = 0; i < terms.Length; i++)
        {
            int axis = terms[i].IndexOf(rows, StringComparison.Ordinal);
            if (axis >= 0 && node.Input(i).Axis != axis)
            {
                throw node.Unproven("a constant of many rows meets the batch");
            }
            if (axis < 0 && node.Input(i).IsBatched)
            {
                throw node.Unproven("it adds up over the batch");
            }
        }

        IEnumerable<TracedValue> batched = node.Given.Where(value => value.IsBatched);
        bool differ = batched.Select(value => value.Shape![value.Axis!.Value]).Distinct().Count() > 1;
        if (differ)
        {
            throw node.Unproven("its inputs have different numbers of rows");
        }
    }
}
