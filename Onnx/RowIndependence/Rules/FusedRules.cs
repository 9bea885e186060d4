namespace OrleansInference.Onnx.RowIndependence.Rules;

/// <summary>Operators of ONNX Runtime's own that its graph optimisation, and ours through it, writes.</summary>
internal static class FusedRules
{
    /// <summary>
    /// The input of both attention operators that is added to the scores, and stretched to all rows where it has one.
    /// </summary>
    private const int BiasInput = 5;

    /// <summary>FusedConv: a convolution, perhaps with a sum of the same shape, and its activation.</summary>
    public static TracedValue[] FusedConv(RuleNode node)
    {
        TracedValue? sum = node.Optional(3);
        TracedValue value = node.Input(0);
        if (sum is { IsBatched: true } && (sum.Axis != value.Axis || !node.Shape(sum)[0].Equals(node.Shape(value)[0])))
        {
            throw node.Unproven("what it adds has other rows");
        }
        if (sum is not null && sum.IsBatched != value.IsBatched)
        {
            throw node.Unproven("what it adds has other rows");
        }
        RuleNode conv = node.WithInputs([.. node.Inputs.Take(3)]);
        return ImageRules.Conv(conv);
    }

    /// <summary>SkipLayerNormalization: the sum of two alike tensors, normalised over the last dimension.</summary>
    public static TracedValue[] SkipLayerNormalization(RuleNode node)
    {
        node.RequireUniformFrom(2, "scale or bias");
        TracedValue sum = Broadcasting.Join(node, [node.Input(0), node.Input(1)]);
        if (sum.Rank < 2 || sum.Axis == sum.Rank - 1)
        {
            throw node.Unproven("it normalises over the batch");
        }
        TracedValue statistics = TracedValue.Of([.. sum.Shape!.SkipLast(1), SymbolicSize.One], sum.Axis);
        return [.. Enumerable.Range(0, node.OutputPlaces).Select(output => output is 1 or 2 ? statistics : sum)];
    }

    /// <summary>
    /// EmbedLayerNormalization: word, position and segment embeddings of [rows, tokens], summed and normalised.
    /// </summary>
    public static TracedValue[] EmbedLayerNormalization(RuleNode node)
    {
        TracedValue ids = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(ids);
        if (shape.Count != 2 || ids.Axis != 0)
        {
            throw node.Unproven("its rows are not its batch");
        }
        for (int i = 1; i < node.Inputs.Count; i++)
        {
            if (node.Optional(i) is not { IsBatched: true } input)
            {
                continue;
            }
            // Segments, the mask, and positions where they are given, may differ from row to row.
            if (i is not (1 or 7 or 8) || input.Axis != 0 || !node.Shape(input)[0].Equals(shape[0]))
            {
                throw node.Unproven($"input {i} does not go with its rows");
            }
        }

        SymbolicSize hidden = node.Shape(node.Input(2))[^1];
        TracedValue embedded = TracedValue.Of([shape[0], shape[1], hidden], 0);
        return
        [
            .. Enumerable
                .Range(0, node.OutputPlaces)
                .Select(output => output == 1 ? TracedValue.Of([shape[0]], 0) : embedded),
        ];
    }

    /// <summary>Attention over the tokens of each row; a mask must have its rows first.</summary>
    public static TracedValue[] Attention(RuleNode node)
    {
        TracedValue value = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(value);
        node.RequireUniform(1, "weights");
        node.RequireUniform(2, "bias");
        if (shape.Count != 3 || value.Axis != 0 || node.OutputCount > 1)
        {
            throw node.Unproven("its rows are not its batch");
        }
        for (int i = 3; i < node.Inputs.Count; i++)
        {
            if (node.Optional(i) is { } input)
            {
                RequireMask(node, i, input, shape[0]);
            }
        }

        bool isEven = node.Attribute("qkv_hidden_sizes") is null;
        SymbolicSize hidden =
            isEven && node.Optional(2) is { Shape: [{ IsConstant: true } bias] }
                ? SymbolicSize.Of(bias.Factor / 3)
                : node.Unknown();
        return [.. Enumerable.Repeat(TracedValue.Of([shape[0], shape[1], hidden], 0), node.OutputPlaces)];
    }

    /// <summary>MultiHeadAttention with query, key and value of [rows, tokens, features].</summary>
    public static TracedValue[] MultiHeadAttention(RuleNode node)
    {
        TracedValue query = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(query);
        if (shape.Count != 3 || query.Axis != 0 || node.OutputCount > 1)
        {
            throw node.Unproven("its rows are not its batch");
        }
        node.RequireUniform(3, "bias");
        foreach (int i in new[] { 1, 2 })
        {
            TracedValue other = node.Input(i);
            if (other.Axis != 0 || node.Shape(other).Count != 3 || !other.Shape![0].Equals(shape[0]))
            {
                throw node.Unproven($"input {i} does not go with its rows");
            }
        }

        for (int i = 4; i < node.Inputs.Count; i++)
        {
            if (node.Optional(i) is { } input)
            {
                RequireMask(node, i, input, shape[0]);
            }
        }

        return
        [
            .. Enumerable.Repeat(TracedValue.Of([shape[0], shape[1], node.Input(2).Shape![2]], 0), node.OutputPlaces),
        ];
    }

    /// <summary>CDist: how far each row is from each of the file's.</summary>
    public static TracedValue[] Distances(RuleNode node)
    {
        TracedValue value = node.Input(0);
        TracedValue others =
            node.RequireUniform(1, "second operand") ?? throw node.Unproven("its second operand is missing");
        if (node.Shape(value).Count != 2 || value.Axis is not (null or 0))
        {
            throw node.Unproven("its rows are not its batch");
        }
        return [TracedValue.Of([value.Shape![0], node.Shape(others)[0]], value.Axis)];
    }

    /// <summary>A mask of [rows, …] or a bias that is the same for all; lists of rows are not read.</summary>
    private static void RequireMask(RuleNode node, int input, TracedValue mask, SymbolicSize rows)
    {
        IReadOnlyList<SymbolicSize> shape = node.Shape(mask);
        if (shape.Count < 2 || mask.CountsRows)
        {
            throw node.Unproven($"input {input} is not understood");
        }
        bool fits = mask.IsBatched ? mask.Axis == 0 && shape[0].Equals(rows) : input == BiasInput && shape[0].Is(1);
        if (!fits)
        {
            throw node.Unproven($"input {input} does not go with its rows");
        }
    }
}
