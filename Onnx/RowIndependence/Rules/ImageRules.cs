namespace OrleansInference.Onnx.RowIndependence.Rules;

/// <summary>Operators on pictures and signals [rows, channels, …]: the batch must be the first axis.</summary>
internal static class ImageRules
{
    /// <summary>Conv, ConvInteger, ConvTranspose, QLinearConv: weights are the file's.</summary>
    public static TracedValue[] Conv(RuleNode node)
    {
        TracedValue value = First(node);
        node.RequireUniformFrom(1, "weights");
        TracedValue weights = node.Input(node.Operator == "QLinearConv" ? 3 : 1);
        IReadOnlyList<SymbolicSize> kernel = node.Shape(weights);
        bool transposed = node.Operator == "ConvTranspose";
        SymbolicSize channels = transposed
            ? kernel[1].IsConstant
                ? SymbolicSize.Of(kernel[1].Factor * node.Int("group", 1))
                : node.Unknown()
            : kernel[0];
        SymbolicSize[] shape = [.. value.Shape!];
        shape[1] = channels;
        for (int i = 2; i < shape.Length; i++)
        {
            shape[i] = transposed ? node.Unknown() : Window(node, value.Shape![i], i - 2, kernel[i]);
        }
        return [TracedValue.Of(shape, value.Axis)];
    }

    /// <summary>MaxPool, AveragePool, LpPool. The places that MaxPool can give count through the whole batch.</summary>
    public static TracedValue[] Pool(RuleNode node)
    {
        TracedValue value = First(node);
        if (node.HasOutput(1) && value.IsBatched)
        {
            throw node.Unproven("the places it gives count through the whole batch");
        }
        long[] kernel = node.Ints("kernel_shape") ?? throw node.Unproven("it has no kernel_shape");
        SymbolicSize[] shape = [.. value.Shape!];
        for (int i = 2; i < shape.Length; i++)
        {
            shape[i] = Window(node, shape[i], i - 2, SymbolicSize.Of(kernel[i - 2]));
        }
        return [.. Enumerable.Repeat(TracedValue.Of(shape, value.Axis), node.OutputPlaces)];
    }

    /// <summary>Pools that take all of each channel.</summary>
    public static TracedValue[] GlobalPool(RuleNode node)
    {
        node.RequireUniformFrom(1, "scale");
        TracedValue value = First(node);
        return [TracedValue.Of([.. value.Shape!.Select((size, i) => i < 2 ? size : SymbolicSize.One)], value.Axis)];
    }

    /// <summary>Operators that normalise each picture, or each channel of it, by itself.</summary>
    public static TracedValue[] Normalize(RuleNode node)
    {
        node.RequireUniformFrom(1, "scale or bias");
        TracedValue value = First(node);
        return [TracedValue.Of(value.Shape!, value.Axis)];
    }

    /// <summary>BatchNormalization with the statistics of its training.</summary>
    public static TracedValue[] BatchNormalization(RuleNode node)
    {
        if (node.Int("training_mode", 0) != 0 || node.OutputCount > 1)
        {
            throw node.Unproven("it normalises by the statistics of the batch");
        }
        TracedValue value = node.Input(0);
        node.RequireUniformFrom(1, "statistics");
        if (node.Shape(value).Count < 2 || value.Axis == 1)
        {
            throw node.Unproven("the batch lies along its channels");
        }
        return [.. Enumerable.Repeat(TracedValue.Of(value.Shape!, value.Axis), node.OutputPlaces)];
    }

    /// <summary>DepthToSpace and SpaceToDepth.</summary>
    public static TracedValue[] Blocks(RuleNode node)
    {
        TracedValue value = First(node);
        if (value.Rank != 4)
        {
            throw node.Unproven("its input has not four dimensions");
        }
        return [TracedValue.Of([value.Shape![0], node.Unknown(), node.Unknown(), node.Unknown()], value.Axis)];
    }

    /// <summary>Resize and Upsample, which must leave the batch's axis as it is.</summary>
    public static TracedValue[] Resize(RuleNode node)
    {
        TracedValue value = node.Input(0);
        IReadOnlyList<SymbolicSize> shape = node.Shape(value);
        for (int i = 1; i < node.Inputs.Count; i++)
        {
            node.RequireKnown(i);
        }
        bool isUpsample = node.Operator == "Upsample";
        TracedValue? sizes = isUpsample ? null : node.Optional(3);
        TracedValue? scales = node.Optional(
            isUpsample ? 1
            : node.Opset < 11 ? 1
            : 2
        );
        if (scales?.Shape is [{ } none] && none.Is(0))
        {
            scales = null;
        }
        int[] axes = node.Axes(node.Ints("axes") ?? Enumerable.Range(0, shape.Count).Select(i => (long)i), shape.Count);
        if (node.Text("keep_aspect_ratio_policy", "stretch") != "stretch")
        {
            throw node.Unproven("its scale follows from several axes");
        }
        if (node.Text("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize")
        {
            throw node.Unproven("it crops");
        }
        if (value.Axis is { } batch && Array.IndexOf(axes, batch) is >= 0 and var place)
        {
            RequireKept(node, shape[batch], sizes, scales, place);
        }
        SymbolicSize[] resized = [.. shape];
        for (int i = 0; i < axes.Length; i++)
        {
            if (axes[i] == value.Axis)
            {
                continue;
            }
            SymbolicSize? size = sizes?.Elements is { } known && known.Count == axes.Length ? known[i] : null;
            if (size is { CountsRows: true })
            {
                throw node.Unproven("its size depends on the number of rows");
            }
            resized[axes[i]] = size ?? node.Unknown();
        }

        return [TracedValue.Of(resized, value.Axis)];
    }

    /// <summary>GridSample: each picture with its own grid.</summary>
    public static TracedValue[] GridSample(RuleNode node)
    {
        TracedValue value = First(node);
        TracedValue grid = node.Input(1);
        IReadOnlyList<SymbolicSize> places = node.Shape(grid);
        if (grid.Axis != 0 || value.Axis != 0 || !places[0].Equals(value.Shape![0]))
        {
            throw node.Unproven("pictures and grids are not one for one");
        }
        return [TracedValue.Of([.. value.Shape!.Take(2), .. places.Skip(1).Take(places.Count - 2)], 0)];
    }

    private static TracedValue First(RuleNode node)
    {
        TracedValue value = node.Input(0);
        if (node.Shape(value).Count < 3)
        {
            throw node.Unproven("its input has fewer than three dimensions");
        }
        return value.Axis is null or 0 ? value : throw node.Unproven("the batch is not its first axis");
    }

    private static void RequireKept(
        RuleNode node,
        SymbolicSize rows,
        TracedValue? sizes,
        TracedValue? scales,
        int place
    )
    {
        bool kept = sizes is { Elements: { } wanted } && place < wanted.Count && wanted[place].Equals(rows);
        kept |= sizes is null && scales is { Numbers: { } factors } && place < factors.Count && factors[place] == 1;
        if (!kept)
        {
            throw node.Unproven("it may change the number of rows");
        }
    }

    /// <summary>The size of a dimension after a sliding window.</summary>
    private static SymbolicSize Window(RuleNode node, SymbolicSize size, int dimension, SymbolicSize kernel)
    {
        long At(string name, long fallback) =>
            node.Ints(name) is { } list && dimension < list.Length ? list[dimension] : fallback;
        long stride = At("strides", 1);
        long[] pads = node.Ints("pads") ?? [];
        string padding = node.Text("auto_pad", "NOTSET");
        if (padding is "SAME_UPPER" or "SAME_LOWER")
        {
            if (stride == 1)
            {
                return size;
            }
            return size.IsConstant ? SymbolicSize.Of((size.Factor + stride - 1) / stride) : node.Unknown();
        }

        if (!kernel.IsConstant)
        {
            return node.Unknown();
        }
        long padded =
            padding == "VALID" || pads.Length == 0 ? 0 : pads[dimension] + pads[dimension + (pads.Length / 2)];
        long extent = ((kernel.Factor - 1) * At("dilations", 1)) + 1;
        if (stride == 1 && padded == extent - 1)
        {
            return size;
        }
        if (!size.IsConstant || node.Int("ceil_mode", 0) != 0)
        {
            return node.Unknown();
        }
        return SymbolicSize.Of(((size.Factor + padded - extent) / stride) + 1);
    }
}
