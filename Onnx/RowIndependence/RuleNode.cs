using OrleansInference.Onnx.Messages;

namespace OrleansInference.Onnx.RowIndependence;

/// <summary>A node as a rule sees it: its inputs as traced so far, and its attributes.</summary>
internal sealed class RuleNode(NodeProto node, IReadOnlyList<TracedValue?> inputs, long opset, Func<int> newSymbol)
{
    /// <summary>The operator.</summary>
    public string Operator => node.OpType;

    /// <summary>Version of the operator set that it belongs to.</summary>
    public long Opset => opset;

    /// <summary>Its inputs; null where one was left out.</summary>
    public IReadOnlyList<TracedValue?> Inputs => inputs;

    /// <summary>Outputs that something may read.</summary>
    public int OutputCount => node.Output.Count(output => output.Length > 0);

    /// <summary>Places for outputs, those that were left out too.</summary>
    public int OutputPlaces => node.Output.Count;

    /// <summary>Whether an output was asked for.</summary>
    public bool HasOutput(int output) => output < node.Output.Count && node.Output[output].Length > 0;

    /// <summary>An input that must be there.</summary>
    public TracedValue Input(int index) => Optional(index) ?? throw Unproven($"input {index} is missing");

    /// <summary>An input, or null where it was left out.</summary>
    public TracedValue? Optional(int index) => index < inputs.Count ? inputs[index] : null;

    /// <summary>All inputs that are there.</summary>
    public IEnumerable<TracedValue> Given => inputs.OfType<TracedValue>();

    /// <summary>An input that must be the same for every batch: a weight, a bias, a parameter.</summary>
    public TracedValue? RequireUniform(int index, string role)
    {
        TracedValue? value = Optional(index);
        if (value is { IsBatched: true })
        {
            throw Unproven($"its {role} differs from row to row");
        }
        return value is { CountsRows: true } ? throw Unproven($"its {role} depends on the number of rows") : value;
    }

    /// <summary>Requires every input from <paramref name="from"/> on to be the same for every batch.</summary>
    public void RequireUniformFrom(int from, string role)
    {
        for (int i = from; i < inputs.Count; i++)
        {
            RequireUniform(i, role);
        }
    }

    /// <summary>
    /// An input that is the same for every batch, though it may be computed from shapes; null where it was left out.
    /// </summary>
    public TracedValue? RequireKnown(int index) =>
        Optional(index) is { IsBatched: true }
            ? throw Unproven($"input {index} differs from row to row")
            : Optional(index);

    /// <summary>The same node with other inputs.</summary>
    public RuleNode WithInputs(IReadOnlyList<TracedValue?> others) => new(node, others, opset, newSymbol);

    /// <summary>The shape of a value.</summary>
    public IReadOnlyList<SymbolicSize> Shape(TracedValue value) =>
        value.Shape ?? throw Unproven("the shape of an input is not known");

    /// <summary>A size that is not known and does not depend on the rows.</summary>
    public SymbolicSize Unknown() => SymbolicSize.Symbol(newSymbol());

    /// <summary>An integer that is not known, may be negative, and does not depend on the rows.</summary>
    public SymbolicSize UnknownInteger() => SymbolicSize.Symbol(-newSymbol());

    /// <summary>An attribute that is a whole number.</summary>
    public long Int(string name, long fallback) => Attribute(name)?.I ?? fallback;

    /// <summary>An attribute that is a text.</summary>
    public string Text(string name, string fallback) => Attribute(name)?.S.ToStringUtf8() ?? fallback;

    /// <summary>An attribute, or null.</summary>
    public AttributeProto? Attribute(string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);

    /// <summary>
    /// A list from an attribute or, in later operator sets, from an input; null where neither is given.
    /// </summary>
    public long[]? Ints(string attribute, int input = int.MaxValue)
    {
        if (Attribute(attribute) is { } given)
        {
            return [.. given.Ints];
        }
        return Optional(input) is { } value ? Constants(value, attribute) : null;
    }

    /// <summary>The constant contents of an input.</summary>
    public long[] Constants(TracedValue value, string role)
    {
        if (value.Elements is not { } elements || elements.Any(element => !element.IsConstant))
        {
            throw Unproven($"its {role} are not constants of the file");
        }
        return [.. elements.Select(element => element.Factor)];
    }

    /// <summary>An axis counted from the front.</summary>
    public int Axis(long axis, int rank)
    {
        long counted = axis < 0 ? axis + rank : axis;
        return counted >= 0 && counted < Math.Max(1, rank)
            ? (int)counted
            : throw Unproven($"axis {axis} is not one of {rank}");
    }

    /// <summary>Axes counted from the front.</summary>
    public int[] Axes(IEnumerable<long> axes, int rank) => [.. axes.Select(axis => Axis(axis, rank))];

    /// <summary>The exception by which a rule says that it cannot prove rows independent.</summary>
    public RowsMeetException Unproven(string why) => new($"{node.OpType} '{Label}' may let rows meet: {why}");

    private string Label =>
        node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault(output => output.Length > 0) ?? "";
}
