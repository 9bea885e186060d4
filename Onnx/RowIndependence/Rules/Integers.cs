using System.Runtime.InteropServices;
using OrleansInference.Onnx.Messages;
using Kind = OrleansInference.Onnx.Messages.TensorProto.Types.DataType;

namespace OrleansInference.Onnx.RowIndependence.Rules;

/// <summary>
/// Arithmetic on shapes: what exporters compute from Shape before they reshape. Every result is exact or not given.
/// </summary>
internal static class Integers
{
    /// <summary>Longest list whose contents are followed.</summary>
    public const int MaxElements = 256;

    /// <summary>A constant of the file, with its contents where they are few integers.</summary>
    public static TracedValue Read(TensorProto tensor)
    {
        SymbolicSize[] shape = [.. tensor.Dims.Select(SymbolicSize.Of)];
        long count = tensor.Dims.Aggregate(1L, (product, size) => product * size);
        if (
            tensor.Dims.Count > 1
            || count is < 0 or > MaxElements
            || tensor.DataLocation == TensorProto.Types.DataLocation.External
        )
        {
            return TracedValue.Uniform(shape);
        }
        if (tensor.DataType == (int)Kind.Float)
        {
            return TracedValue.Uniform(shape) with { Numbers = Numbers(tensor, count) };
        }
        return TracedValue.Uniform(shape) with { Elements = Contents(tensor, count) };
    }

    /// <summary>Shape, or a part of it.</summary>
    public static TracedValue[] Shape(RuleNode node)
    {
        IReadOnlyList<SymbolicSize> shape = node.Shape(node.Input(0));
        int start = Clamped(node.Int("start", 0), shape.Count);
        int end = Clamped(node.Int("end", shape.Count), shape.Count);
        return [TracedValue.Integers([.. shape.Take(end).Skip(start)])];
    }

    /// <summary>Size: the number of elements.</summary>
    public static TracedValue[] Size(RuleNode node) =>
        [TracedValue.Integers([SymbolicSize.Product(node.Shape(node.Input(0)))], isScalar: true)];

    /// <summary>Add, Sub, Mul, Div and comparisons on known integers; null where it is not such a case.</summary>
    public static TracedValue? TryCompute(RuleNode node)
    {
        if (node.Inputs.Count != 2 || node.Optional(0) is not { } a || node.Optional(1) is not { } b)
        {
            return null;
        }
        if (a.Elements is not { Count: > 0 } left || b.Elements is not { Count: > 0 } right)
        {
            return null;
        }
        if (left.Count != right.Count && left.Count != 1 && right.Count != 1)
        {
            return null;
        }
        int count = Math.Max(left.Count, right.Count);
        List<SymbolicSize> results = [];
        for (int i = 0; i < count; i++)
        {
            SymbolicSize x = left[left.Count == 1 ? 0 : i];
            SymbolicSize y = right[right.Count == 1 ? 0 : i];
            SymbolicSize? result = Compute(node.Operator, x, y);
            // What is no product is a size of its own, if it does not count rows.
            if (result is null && (x.CountsRows || y.CountsRows))
            {
                return null;
            }
            results.Add(result ?? node.UnknownInteger());
        }

        return TracedValue.Integers(results, isScalar: a.Rank == 0 && b.Rank == 0);
    }

    /// <summary>
    /// Where on known integers, as in <c>Where(shape == −1, ones, shape)</c>; null where it is not such a case.
    /// </summary>
    public static TracedValue? TryChoose(RuleNode node)
    {
        if (node.Inputs.Any(input => input?.Elements is null))
        {
            return null;
        }
        IReadOnlyList<SymbolicSize>[] lists = [.. node.Given.Select(value => value.Elements!)];
        int count = lists.Max(list => list.Count);
        if (lists.Any(list => list.Count != count && list.Count != 1))
        {
            return null;
        }
        if (lists[0].Any(condition => !condition.IsConstant))
        {
            return null;
        }
        SymbolicSize At(int list, int i) => lists[list][lists[list].Count == 1 ? 0 : i];
        return TracedValue.Integers([.. Enumerable.Range(0, count).Select(i => At(0, i).Is(0) ? At(2, i) : At(1, i))]);
    }

    /// <summary>ReduceProd over a known list; null where it is not such a case.</summary>
    public static TracedValue? TryProduct(RuleNode node) =>
        node.Operator == "ReduceProd" && node.Optional(0) is { Elements: { } elements, Rank: 1 }
            ? TracedValue.Integers([SymbolicSize.Product(elements)], isScalar: node.Int("keepdims", 1) == 0)
            : null;

    private static SymbolicSize? Compute(string operation, SymbolicSize x, SymbolicSize y) =>
        operation switch
        {
            "Mul" => x.Times(y),
            "Div" when x.Factor >= 0 && y.Factor > 0 && x.TryDivide(y, out SymbolicSize? quotient) => quotient,
            "Add" when x.Is(0) => y,
            "Add" when y.Is(0) => x,
            "Sub" when y.Is(0) => x,
            "Add" when x.IsConstant && y.IsConstant => SymbolicSize.Of(checked(x.Factor + y.Factor)),
            "Sub" when x.IsConstant && y.IsConstant => SymbolicSize.Of(checked(x.Factor - y.Factor)),
            "Equal" when x.Equals(y) => SymbolicSize.One,
            // A size is never negative, so it never equals −1.
            "Equal" when (x.IsConstant && y.IsConstant) || Differ(x, y) => SymbolicSize.Of(0),
            _ => null,
        };

    private static bool Differ(SymbolicSize x, SymbolicSize y) =>
        (x.IsNegative && !y.MayBeNegative) || (y.IsNegative && !x.MayBeNegative);

    private static SymbolicSize[]? Contents(TensorProto tensor, long count)
    {
        ReadOnlySpan<byte> raw = tensor.RawData.Span;
        long[]? values = (Kind)tensor.DataType switch
        {
            Kind.Int64 => raw.Length > 0 ? MemoryMarshal.Cast<byte, long>(raw).ToArray() : [.. tensor.Int64Data],
            Kind.Int32 => raw.Length > 0 ? [.. MemoryMarshal.Cast<byte, int>(raw).ToArray()] : [.. tensor.Int32Data],
            Kind.Bool => raw.Length > 0 ? [.. raw.ToArray()] : [.. tensor.Int32Data],
            _ => null,
        };
        return values?.Length == count ? [.. values.Select(SymbolicSize.Of)] : null;
    }

    private static float[]? Numbers(TensorProto tensor, long count)
    {
        float[] values =
            tensor.RawData.Length > 0
                ? MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray()
                : [.. tensor.FloatData];
        return values.Length == count ? values : null;
    }

    private static int Clamped(long index, int count) => (int)Math.Clamp(index < 0 ? index + count : index, 0, count);
}
