using OrleansInference.Onnx.Messages;

namespace OrleansInference.Onnx.RowIndependence.Rules;

/// <summary>
/// Constants of the graph, sums of quantised tensors, and operators that only constants may go through.
/// </summary>
internal static class GenericRules
{
    /// <summary>A constant.</summary>
    public static TracedValue[] Constant(RuleNode node)
    {
        if (node.Attribute("value") is { T: { } tensor })
        {
            return [Integers.Read(tensor)];
        }
        if (node.Attribute("value_int") is { } number)
        {
            return [TracedValue.Integers([SymbolicSize.Of(number.I)], isScalar: true)];
        }
        if (node.Attribute("value_ints") is { } numbers)
        {
            return [TracedValue.Integers([.. numbers.Ints.Select(SymbolicSize.Of)])];
        }
        if (node.Attribute("value_floats") is { } floats)
        {
            return [TracedValue.Uniform([SymbolicSize.Of(floats.Floats.Count)]) with { Numbers = [.. floats.Floats] }];
        }
        bool isScalar = node.Attribute("value_float") is not null || node.Attribute("value_string") is not null;
        return [TracedValue.Uniform(isScalar ? [] : null)];
    }

    /// <summary>QLinearAdd and QLinearMul: each operand with its scale and zero point.</summary>
    public static TracedValue[] QLinearBinary(RuleNode node)
    {
        foreach (int i in new[] { 1, 2, 4, 5, 6, 7 })
        {
            node.RequireUniform(i, "scale or zero point");
        }
        return [Broadcasting.Join(node, [node.Input(0), node.Input(3)])];
    }

    /// <summary>
    /// Operators that are deterministic, but mix rows, or give a number of rows that depends on the data. Only
    /// constants may go through them.
    /// </summary>
    public static TracedValue[] ConstantsOnly(RuleNode node) =>
        throw node.Unproven(
            node.Operator switch
            {
                "DynamicQuantizeLinear" or "DynamicQuantizeMatMul" or "DynamicQuantizeLSTM" =>
                    "its scale spans the whole batch",
                "NonZero" or "Compress" or "Unique" or "NonMaxSuppression" =>
                    "how many rows it gives follows from the data",
                _ => "its rows are not followed",
            }
        );
}
