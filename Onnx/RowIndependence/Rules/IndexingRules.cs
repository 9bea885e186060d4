namespace OrleansInference.Onnx.RowIndependence.Rules;

/// <summary>Operators that pick or place elements by index.</summary>
internal static class IndexingRules
{
    /// <summary>
    /// Gather: the file's rows by the batch's indices (an embedding), or of each row the same places.
    /// </summary>
    public static TracedValue[] Gather(RuleNode node)
    {
        TracedValue data = node.Input(0);
        TracedValue indices = node.Input(1);
        int rank = node.Shape(data).Count;
        int axis = node.Axis(node.Int("axis", 0), rank);
        if (data.Elements is { } elements && !indices.IsBatched)
        {
            return [Picked(node, elements, indices)];
        }
        if (indices.CountsRows)
        {
            throw node.Unproven("it picks by the number of rows");
        }
        if (data.IsBatched && indices.IsBatched)
        {
            throw node.Unproven("each row picks from all rows");
        }
        if (data.Axis == axis)
        {
            throw node.Unproven("it picks from the batch");
        }
        int added = node.Shape(indices).Count;
        SymbolicSize[] shape = [.. data.Shape!.Take(axis), .. indices.Shape!, .. data.Shape!.Skip(axis + 1)];
        int? batch =
            indices.IsBatched ? axis + indices.Axis
            : data.Axis > axis ? data.Axis + added - 1
            : data.Axis;
        return [TracedValue.Of(shape, batch)];
    }

    /// <summary>GatherElements and ScatterElements along another axis than the batch's.</summary>
    public static TracedValue[] Elements(RuleNode node)
    {
        TracedValue data = node.Input(0);
        TracedValue[] others = [.. node.Given.Skip(1)];
        int axis = node.Axis(node.Int("axis", 0), node.Shape(data).Count);
        if (data.Axis == axis)
        {
            throw node.Unproven("it goes along the batch");
        }
        if (others.Append(data).Any(value => value.Axis != data.Axis))
        {
            throw node.Unproven("not all of its inputs have rows");
        }
        if (data.Axis is { } batch && others.Any(value => !node.Shape(value)[batch].Equals(data.Shape![batch])))
        {
            throw node.Unproven("its inputs have different numbers of rows");
        }
        bool gathers = node.Operator == "GatherElements";
        return [TracedValue.Of(node.Shape(gathers ? others[0] : data), data.Axis)];
    }

    /// <summary>
    /// GatherND: with the batch among its batch dimensions, or the file's rows by the batch's indices.
    /// </summary>
    public static TracedValue[] GatherNd(RuleNode node)
    {
        TracedValue data = node.Input(0);
        TracedValue indices = node.Input(1);
        IReadOnlyList<SymbolicSize> places = node.Shape(indices);
        int batches = (int)node.Int("batch_dims", 0);
        if (places.Count == 0 || !places[^1].IsConstant)
        {
            throw node.Unproven("its indices are not understood");
        }
        if (indices.Axis == places.Count - 1)
        {
            throw node.Unproven("the batch is its index");
        }
        if (data.Axis is { } rows)
        {
            bool own = rows < batches && indices.Axis == rows && places[rows].Equals(data.Shape![rows]);
            if (!own)
            {
                throw node.Unproven("it picks from the batch");
            }
        }
        else if (indices.Axis < batches)
        {
            throw node.Unproven("a constant of many rows meets the batch");
        }

        SymbolicSize[] shape =
        [
            .. places.Take(places.Count - 1),
            .. node.Shape(data).Skip(batches + (int)places[^1].Factor),
        ];
        return [TracedValue.Of(shape, indices.Axis)];
    }

    /// <summary>Slice: the batch's axis is left out, or taken whole.</summary>
    public static TracedValue[] Slice(RuleNode node)
    {
        TracedValue value = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(value);
        IReadOnlyList<SymbolicSize>? starts = List(node, "starts", 1);
        IReadOnlyList<SymbolicSize>? ends = List(node, "ends", 2);
        if ((node.Ints("axes", 3) ?? Leading(starts, ends, node)) is not { } given)
        {
            throw node.Unproven("its axes are not known");
        }
        int[] axes = node.Axes(given, shape.Count);
        long[] steps = node.Ints("steps", 4) ?? [.. Enumerable.Repeat(1L, axes.Length)];
        if (value.Elements is { } elements && value.Rank == 1)
        {
            return [Sliced(node, elements, starts, ends, steps)];
        }
        SymbolicSize[] sliced = [.. shape];
        for (int i = 0; i < axes.Length; i++)
        {
            SymbolicSize? start = starts?[i];
            SymbolicSize? end = ends?[i];
            if (start is { CountsRows: true } || end is { CountsRows: true })
            {
                throw node.Unproven("it cuts at the number of rows");
            }
            bool whole = start?.Is(0) == true && end is { IsConstant: true, Factor: >= int.MaxValue } && steps[i] == 1;
            if (whole)
            {
                continue;
            }
            if (axes[i] == value.Axis)
            {
                throw node.Unproven("it cuts the batch");
            }
            sliced[axes[i]] = Length(shape[axes[i]], start, end, steps[i]) is { } length
                ? SymbolicSize.Of(length)
                : node.Unknown();
        }

        return [TracedValue.Of(sliced, value.Axis)];
    }

    /// <summary>OneHot: a new axis of a fixed depth.</summary>
    public static TracedValue[] OneHot(RuleNode node)
    {
        node.RequireUniformFrom(1, "depth or values");
        TracedValue value = node.Input(0);
        int rank = node.Shape(value).Count;
        int axis = node.Axis(node.Int("axis", -1), rank + 1);
        List<SymbolicSize> shape = [.. value.Shape!];
        shape.Insert(axis, node.Input(1).Elements is [{ } depth] ? depth : node.Unknown());
        return [TracedValue.Of(shape, value.Axis >= axis ? value.Axis + 1 : value.Axis)];
    }

    /// <summary>Range of constants; one that counts rows would give each row its place.</summary>
    public static TracedValue[] Range(RuleNode node)
    {
        node.RequireUniformFrom(0, "limits");
        return [TracedValue.Of([node.Unknown()], null)];
    }

    /// <summary>ReverseSequence: each row by its own length.</summary>
    public static TracedValue[] ReverseSequence(RuleNode node)
    {
        TracedValue value = node.Input(0);
        int rank = node.Shape(value).Count;
        int batch = node.Axis(node.Int("batch_axis", 1), rank);
        int time = node.Axis(node.Int("time_axis", 0), rank);
        TracedValue lengths = node.Input(1);
        bool together = value.Axis == batch && lengths.Axis == 0 && node.Shape(lengths)[0].Equals(value.Shape![batch]);
        if (time == value.Axis || !together)
        {
            throw node.Unproven("its rows are not its batch");
        }
        return [TracedValue.Of(value.Shape!, value.Axis)];
    }

    private static TracedValue Picked(RuleNode node, IReadOnlyList<SymbolicSize> elements, TracedValue indices)
    {
        if (indices.IsBatched || indices.Elements is not { } places || indices.Rank > 1)
        {
            throw node.Unproven("it picks from a shape by what is not constant");
        }
        if (places.Any(place => !place.IsConstant))
        {
            throw node.Unproven("it picks from a shape by what is not constant");
        }
        SymbolicSize[] picked = [.. places.Select(place => elements[node.Axis(place.Factor, elements.Count)])];
        return TracedValue.Integers(picked, isScalar: indices.Rank == 0);
    }

    private static TracedValue Sliced(
        RuleNode node,
        IReadOnlyList<SymbolicSize> elements,
        IReadOnlyList<SymbolicSize>? starts,
        IReadOnlyList<SymbolicSize>? ends,
        long[] steps
    )
    {
        if (starts is not [{ IsConstant: true } start] || ends is not [{ IsConstant: true } end] || steps is not [1])
        {
            throw node.Unproven("it cuts a shape at what is not constant");
        }
        int from = Clamped(start.Factor, elements.Count);
        int to = Clamped(end.Factor, elements.Count);
        return TracedValue.Integers([.. elements.Take(to).Skip(from)]);
    }

    private static IReadOnlyList<SymbolicSize>? List(RuleNode node, string attribute, int input) =>
        node.Attribute(attribute) is { } given
            ? [.. given.Ints.Select(SymbolicSize.Of)]
            : node.RequireKnown(input)?.Elements;

    private static long[]? Leading(
        IReadOnlyList<SymbolicSize>? starts,
        IReadOnlyList<SymbolicSize>? ends,
        RuleNode node
    )
    {
        int? count =
            starts?.Count
            ?? ends?.Count
            ?? (node.Optional(1)?.Shape is [{ IsConstant: true } length] ? (int)length.Factor : null);
        return count is { } known ? [.. Enumerable.Range(0, known).Select(i => (long)i)] : null;
    }

    private static long? Length(SymbolicSize size, SymbolicSize? start, SymbolicSize? end, long step)
    {
        if (!size.IsConstant || start is not { IsConstant: true } || end is not { IsConstant: true } || step < 1)
        {
            return null;
        }
        int from = Clamped(start.Factor, (int)size.Factor);
        int to = Clamped(end.Factor, (int)size.Factor);
        return Math.Max(0, (to - from + step - 1) / step);
    }

    private static int Clamped(long index, int count) => (int)Math.Clamp(index < 0 ? index + count : index, 0, count);
}
