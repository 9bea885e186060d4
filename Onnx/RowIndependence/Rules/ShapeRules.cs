namespace OrleansInference.Onnx.RowIndependence.Rules;

/// <summary>Operators that rearrange the same elements.</summary>
internal static class ShapeRules
{
    /// <summary>Transpose; the axes are reversed where it names none.</summary>
    public static TracedValue[] Transpose(RuleNode node)
    {
        TracedValue value = node.Input(0);
        int rank = node.Shape(value).Count;
        int[] order = node.Axes(node.Ints("perm") ?? Enumerable.Range(0, rank).Reverse().Select(i => (long)i), rank);
        int? axis = value.Axis is { } batch ? Array.IndexOf(order, batch) : null;
        return [TracedValue.Of([.. order.Select(from => value.Shape![from])], axis)];
    }

    /// <summary>Flatten to a matrix.</summary>
    public static TracedValue[] Flatten(RuleNode node)
    {
        TracedValue value = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(value);
        long given = node.Int("axis", 1);
        int axis = (int)(given < 0 ? given + shape.Count : given);
        SymbolicSize rows = SymbolicSize.Product(shape.Take(axis));
        SymbolicSize columns = SymbolicSize.Product(shape.Skip(axis));
        return [WithShape(node, value, [rows, columns])];
    }

    /// <summary>Reshape to a shape that is constant or computed from other shapes.</summary>
    public static TracedValue[] Reshape(RuleNode node)
    {
        TracedValue value = node.Input(0);
        TracedValue target = node.Input(1);
        if (target.Elements is not { } wanted)
        {
            throw node.Unproven("its shape is not known");
        }
        if (value.Elements is { } elements && wanted.Count <= 1)
        {
            return [TracedValue.Integers(elements, isScalar: wanted.Count == 0)];
        }
        IReadOnlyList<SymbolicSize> shape = node.Shape(value);
        bool copiesZero = node.Int("allowzero", 0) == 0;
        SymbolicSize?[] sizes = new SymbolicSize?[wanted.Count];
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] =
                wanted[i].Is(-1) ? null
                : wanted[i].Is(0) && copiesZero ? shape[i]
                : wanted[i];
        }

        return [WithShape(node, value, Complete(node, shape, sizes))];
    }

    /// <summary>Squeeze: a batch of one row must not lose its dimension.</summary>
    public static TracedValue[] Squeeze(RuleNode node)
    {
        TracedValue value = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(value);
        if (node.Ints("axes", 1) is not { } given)
        {
            if (value.IsBatched || shape.Any(size => !size.IsConstant))
            {
                throw node.Unproven("a batch of one row would lose its dimension");
            }
            given = [.. Enumerable.Range(0, shape.Count).Where(i => shape[i].Is(1)).Select(i => (long)i)];
        }

        int[] axes = node.Axes(given, shape.Count);
        if (value.Axis is { } batch && axes.Contains(batch))
        {
            throw node.Unproven("it takes the batch's dimension away");
        }
        List<SymbolicSize> left = [];
        int? moved = null;
        for (int axis = 0; axis < shape.Count; axis++)
        {
            if (axis == value.Axis)
            {
                moved = left.Count;
            }
            if (!axes.Contains(axis))
            {
                left.Add(shape[axis]);
            }
        }

        return
        [
            new TracedValue
            {
                Shape = left,
                Axis = moved,
                Elements = value.Elements,
            },
        ];
    }

    /// <summary>Unsqueeze: new dimensions of size 1.</summary>
    public static TracedValue[] Unsqueeze(RuleNode node)
    {
        TracedValue value = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(value);
        long[] given = node.Ints("axes", 1) ?? throw node.Unproven("it names no axes");
        int rank = shape.Count + given.Length;
        int[] axes = node.Axes(given, rank);
        List<SymbolicSize> sizes = [];
        int? moved = null;
        int from = 0;
        for (int axis = 0; axis < rank; axis++)
        {
            if (axes.Contains(axis))
            {
                sizes.Add(SymbolicSize.One);
                continue;
            }

            if (from == value.Axis)
            {
                moved = axis;
            }
            sizes.Add(shape[from++]);
        }

        // Integers in more than one dimension are not followed further.
        if (value.CountsRows && rank > 1)
        {
            throw node.Unproven("it computes with the number of rows");
        }
        return
        [
            new TracedValue
            {
                Shape = sizes,
                Axis = moved,
                Elements = rank <= 1 ? value.Elements : null,
            },
        ];
    }

    /// <summary>Concat along another axis than the batch's; of integers, the longer list.</summary>
    public static TracedValue[] Concat(RuleNode node)
    {
        TracedValue[] parts = [.. node.Given];
        if (
            parts.All(part => !part.IsBatched && node.Shape(part).Count == 1)
            && parts.Any(part => part.Elements is not null)
        )
        {
            return [Listed(node, parts)];
        }
        int rank = node.Shape(parts[0]).Count;
        int axis = node.Axis(node.Int("axis", 1), rank);
        int?[] batches = [.. parts.Select(part => part.Axis).Distinct()];
        if (batches.Length > 1)
        {
            throw node.Unproven("a constant of many rows meets the batch");
        }
        if (batches[0] == axis)
        {
            throw node.Unproven("it joins along the batch");
        }
        if (batches[0] is { } batch && parts.Any(part => !part.Shape![batch].Equals(parts[0].Shape![batch])))
        {
            throw node.Unproven("its inputs have different numbers of rows");
        }
        SymbolicSize[] shape = [.. parts[0].Shape!];
        bool known = parts.All(part => node.Shape(part)[axis].IsConstant);
        shape[axis] = known ? SymbolicSize.Of(parts.Sum(part => part.Shape![axis].Factor)) : node.Unknown();
        return [TracedValue.Of(shape, batches[0])];
    }

    /// <summary>Split along another axis than the batch's.</summary>
    public static TracedValue[] Split(RuleNode node)
    {
        TracedValue value = node.Input(0);
        int axis = node.Axis(node.Int("axis", 0), node.Shape(value).Count);
        if (axis == value.Axis)
        {
            throw node.Unproven("it splits the batch");
        }
        long[]? lengths = node.Ints("split", 1);
        return [.. Enumerable.Range(0, node.OutputPlaces).Select(Part)];

        TracedValue Part(int output)
        {
            SymbolicSize[] shape = [.. value.Shape!];
            bool isEven = shape[axis].IsConstant && shape[axis].Factor % node.OutputPlaces == 0;
            long? equal = isEven ? shape[axis].Factor / node.OutputPlaces : null;
            long? length = lengths is null ? equal : lengths[output];
            shape[axis] = length is { } sized ? SymbolicSize.Of(sized) : node.Unknown();
            return TracedValue.Of(shape, value.Axis);
        }
    }

    /// <summary>Expand to a shape that is constant or computed from other shapes.</summary>
    public static TracedValue[] Expand(RuleNode node)
    {
        if (node.Input(1).Elements is not { } wanted)
        {
            throw node.Unproven("its shape is not known");
        }
        TracedValue target = Sized(node, wanted);
        return [Broadcasting.Join(node, [node.Input(0), target])];
    }

    /// <summary>ConstantOfShape: of as many rows as the batch, all alike; of integers, a list of them.</summary>
    public static TracedValue[] ConstantOfShape(RuleNode node)
    {
        if (node.Input(0).Elements is not { } wanted)
        {
            throw node.Unproven("its shape is not known");
        }
        TracedValue made = Sized(node, wanted);
        bool isList = !made.IsBatched && wanted is [{ IsConstant: true, Factor: >= 0 and <= Integers.MaxElements }];
        if (!isList)
        {
            return [made];
        }
        TracedValue? value = node.Attribute("value") is { T: { } tensor } ? Integers.Read(tensor) : null;
        return value?.Elements is [{ } element]
            ? [TracedValue.Integers([.. Enumerable.Repeat(element, (int)wanted[0].Factor)])]
            : [made];
    }

    /// <summary>Tile: the batch itself must not be repeated.</summary>
    public static TracedValue[] Tile(RuleNode node)
    {
        TracedValue value = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(value);
        if (node.Input(1).Elements is not { } repeats || repeats.Count != shape.Count)
        {
            throw node.Unproven("its repeats are not known");
        }
        if (repeats.Any(count => count.CountsRows))
        {
            throw node.Unproven("it repeats by the number of rows");
        }
        if (value.Axis is { } batch && !repeats[batch].Is(1))
        {
            throw node.Unproven("it repeats the batch");
        }
        return [TracedValue.Of([.. shape.Select((size, i) => size.Times(repeats[i]))], value.Axis)];
    }

    /// <summary>Pad: nothing may be added before or behind the batch.</summary>
    public static TracedValue[] Pad(RuleNode node)
    {
        TracedValue value = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(value);
        node.RequireUniformFrom(1, "padding");
        int[] axes = node.Axes(
            node.Ints("axes", 3) ?? Enumerable.Range(0, shape.Count).Select(i => (long)i),
            shape.Count
        );
        IReadOnlyList<SymbolicSize>? pads = node.Optional(1)?.Elements;
        if (node.Attribute("pads") is { } given)
        {
            pads = [.. given.Ints.Select(SymbolicSize.Of)];
        }
        SymbolicSize[] padded = [.. shape];
        for (int i = 0; i < axes.Length; i++)
        {
            SymbolicSize? before = pads?[i];
            SymbolicSize? after = pads?[i + axes.Length];
            bool none = before?.Is(0) == true && after?.Is(0) == true;
            if (axes[i] == value.Axis && !none)
            {
                throw node.Unproven("it may pad the batch");
            }
            if (none)
            {
                continue;
            }
            bool known = before is { IsConstant: true } && after is { IsConstant: true } && shape[axes[i]].IsConstant;
            padded[axes[i]] = known
                ? SymbolicSize.Of(shape[axes[i]].Factor + before!.Factor + after!.Factor)
                : node.Unknown();
        }

        return [TracedValue.Of(padded, value.Axis)];
    }

    /// <summary>Trilu: of the last two dimensions, which must not be the batch's.</summary>
    public static TracedValue[] Trilu(RuleNode node)
    {
        node.RequireUniformFrom(1, "diagonal");
        TracedValue value = node.Input(0);
        if (value.Axis >= node.Shape(value).Count - 2)
        {
            throw node.Unproven("the batch is one of its two dimensions");
        }
        return [TracedValue.Of(value.Shape!, value.Axis)];
    }

    /// <summary>
    /// The same elements in another shape. Elements keep their order, so rows stay whole where as much stands before
    /// the batch's axis as before.
    /// </summary>
    private static TracedValue WithShape(RuleNode node, TracedValue value, SymbolicSize[] sizes)
    {
        if (value.CountsRows)
        {
            throw node.Unproven("it computes with the number of rows");
        }
        if (value.Axis is not { } batch)
        {
            return sizes.Any(size => size.CountsRows)
                ? throw node.Unproven("its shape depends on the number of rows")
                : TracedValue.Of(sizes, null);
        }

        int[] places = [.. Enumerable.Range(0, sizes.Length).Where(i => sizes[i].CountsRows)];
        if (places is not [var place] || sizes[place].Exponent != 1)
        {
            throw node.Unproven("no one dimension of its result is the batch");
        }
        // As many numbers must stand in front of the batch as before, or those of one row would come to lie in several.
        SymbolicSize before = SymbolicSize.Product(value.Shape!.Take(batch));
        bool same = SymbolicSize.Product(sizes.Take(place)).Equals(before);
        return same ? TracedValue.Of(sizes, place) : throw node.Unproven("it cuts rows apart");
    }

    /// <summary>Fills in the one size that a shape leaves open.</summary>
    private static SymbolicSize[] Complete(RuleNode node, IReadOnlyList<SymbolicSize> shape, SymbolicSize?[] sizes)
    {
        int open = Array.IndexOf(sizes, null);
        if (open < 0)
        {
            return [.. sizes.OfType<SymbolicSize>()];
        }
        SymbolicSize all = SymbolicSize.Product(shape);
        SymbolicSize others = SymbolicSize.Product(sizes.OfType<SymbolicSize>());
        bool exact = all.TryDivide(others, out SymbolicSize? left);
        // A size that is not exact is still no part of the batch where the batch stands elsewhere.
        if (!exact && all.Exponent != others.Exponent)
        {
            throw node.Unproven("the number of rows of its result is not known");
        }
        sizes[open] = left ?? node.Unknown();
        return [.. sizes.OfType<SymbolicSize>()];
    }

    /// <summary>A tensor of a shape, whose contents are alike along a dimension that counts rows.</summary>
    private static TracedValue Sized(RuleNode node, IReadOnlyList<SymbolicSize> sizes)
    {
        if (sizes.Any(size => size.MayBeNegative))
        {
            throw node.Unproven("its shape is not known");
        }
        int[] places = [.. Enumerable.Range(0, sizes.Count).Where(i => sizes[i].CountsRows)];
        if (places.Length == 0)
        {
            return TracedValue.Of(sizes, null);
        }
        if (places is not [var place] || sizes[place].Exponent != 1)
        {
            throw node.Unproven("its shape depends on the number of rows");
        }
        return TracedValue.Of(sizes, place);
    }

    private static TracedValue Listed(RuleNode node, TracedValue[] parts)
    {
        List<SymbolicSize> elements = [];
        foreach (TracedValue part in parts)
        {
            if (part.Elements is { } known)
            {
                elements.AddRange(known);
            }
            else if (part.Shape is [{ IsConstant: true } length])
            {
                elements.AddRange(Enumerable.Range(0, (int)length.Factor).Select(_ => node.UnknownInteger()));
            }
            else
            {
                throw node.Unproven("the length of an input is not known");
            }
        }

        return TracedValue.Integers(elements);
    }
}
