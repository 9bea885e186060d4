using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Reading;
using OrleansInference.Onnx.RowIndependence.Rules;

namespace OrleansInference.Onnx.RowIndependence;

/// <summary>
/// Proves from the graph that row i of every output depends on row i of the inputs alone. Then requests may share a
/// run, and large ones may be split. The proof follows axis 0 of every input through the operators to axis 0 of every
/// output. An unknown operator, a subgraph or a random operator ends it (ADR 5).
/// </summary>
public sealed class RowIndependenceProver
{
    private static readonly HashSet<string> Quantising =
    [
        "QuantizeLinear",
        "QLinearConv",
        "QLinearMatMul",
        "MatMulInteger",
        "ConvInteger",
        "QLinearAdd",
        "QLinearMul",
        "Round",
    ];

    private readonly Dictionary<string, TracedValue> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _opsets = new(StringComparer.Ordinal);
    private readonly GraphProto _graph;
    private int _symbols;

    private RowIndependenceProver(ModelProto model)
    {
        _graph = model.Graph;
        foreach (OperatorSetIdProto set in model.OpsetImport)
        {
            _opsets[Domain(set.Domain)] = set.Version;
        }
    }

    /// <summary>Tries to show that a model's rows are independent along axis 0.</summary>
    /// <param name="model">The model, as <see cref="OnnxGraphReader"/> reads it: contents of large tensors are not
    /// needed.</param>
    public static RowProof Prove(ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        RowIndependenceProver prover = new(model);
        bool rounds = model.Graph.Node.Any(node => Quantising.Contains(node.OpType));
        try
        {
            prover.Trace(model);
            return new RowProof("", rounds);
        }
        catch (RowsMeetException exception)
        {
            return new RowProof(exception.Message, rounds);
        }
    }

    private static string Domain(string domain) => domain.Length == 0 ? OnnxOutline.DefaultDomain : domain;

    private void Trace(ModelProto model)
    {
        long opset = _opsets.GetValueOrDefault(OnnxOutline.DefaultDomain, OperatorTable.MostOpset);
        if (opset is < OperatorTable.LeastOpset or > OperatorTable.MostOpset)
        {
            string reviewed = $"those from {OperatorTable.LeastOpset} to {OperatorTable.MostOpset} were";
            throw new RowsMeetException($"operator set {opset} was not reviewed; {reviewed}");
        }

        HashSet<(string, string)> functions =
        [
            .. model.Functions.Select(function => (Domain(function.Domain), function.Name)),
        ];
        AddInputs(model.IrVersion);
        foreach (NodeProto node in _graph.Node)
        {
            if (functions.Contains((Domain(node.Domain), node.OpType)))
            {
                throw new RowsMeetException($"function '{node.OpType}' of the file is not followed");
            }
            Add(node);
        }

        foreach (ValueInfoProto output in _graph.Output)
        {
            RequireRows(output);
        }
    }

    private void AddInputs(long irVersion)
    {
        HashSet<string> constants =
        [
            .. _graph.Initializer.Select(tensor => tensor.Name),
            .. _graph.SparseInitializer.Select(tensor => tensor.Values?.Name ?? ""),
        ];
        ValueInfoProto[] inputs = [.. _graph.Input.Where(input => !constants.Contains(input.Name))];
        RequireOneSymbol(inputs);
        foreach (ValueInfoProto input in inputs)
        {
            _values[input.Name] = TracedValue.Of(Shape(input), 0);
        }
        foreach (TensorProto tensor in _graph.Initializer)
        {
            _values[tensor.Name] = Integers.Read(tensor);
        }
        // Since version 4 of the format a request may replace a constant that is an input too: only its shape holds.
        foreach (ValueInfoProto input in _graph.Input.Where(input => irVersion >= 4 && constants.Contains(input.Name)))
        {
            bool isFixed = Dimensions(input)?.All(dimension => dimension.DimValue > 0) == true;
            IEnumerable<SymbolicSize>? shape = isFixed
                ? Dimensions(input)!.Select(dimension => SymbolicSize.Of(dimension.DimValue))
                : null;
            _values[input.Name] = TracedValue.Uniform(shape?.ToArray());
        }

        foreach (SparseTensorProto tensor in _graph.SparseInitializer)
        {
            _values[tensor.Values?.Name ?? ""] = TracedValue.Uniform();
        }
    }

    /// <summary>A file that names its dimensions may say by it that the first ones are no common batch.</summary>
    private static void RequireOneSymbol(ValueInfoProto[] inputs)
    {
        string? rows = null;
        foreach (ValueInfoProto input in inputs)
        {
            string symbol = Dimensions(input) is [{ } first, ..] ? first.DimParam : "";
            if (symbol.Length == 0)
            {
                continue;
            }
            if ((rows ??= symbol) != symbol)
            {
                throw new RowsMeetException(
                    $"the file names the first dimensions of its inputs differently ('{rows}', '{symbol}')"
                );
            }
        }

        foreach (ValueInfoProto input in inputs)
        {
            bool again =
                rows is not null && Dimensions(input)?.Skip(1).Any(dimension => dimension.DimParam == rows) == true;
            if (again)
            {
                string use = $"for another one of input '{input.Name}'";
                throw new RowsMeetException($"the file uses the name '{rows}' of the first dimension {use}");
            }
        }
    }

    private static Google.Protobuf.Collections.RepeatedField<TensorShapeProto.Types.Dimension>? Dimensions(
        ValueInfoProto value
    ) => value.Type?.TensorType?.Shape?.Dim;

    private SymbolicSize[] Shape(ValueInfoProto input)
    {
        if (Dimensions(input) is not { Count: > 0 } dimensions)
        {
            throw new RowsMeetException($"the file does not say how many dimensions input '{input.Name}' has");
        }
        if (dimensions[0].DimValue > 0)
        {
            throw new RowsMeetException($"the first dimension of input '{input.Name}' is fixed");
        }
        return [SymbolicSize.Rows, .. dimensions.Skip(1).Select(Size)];

        SymbolicSize Size(TensorShapeProto.Types.Dimension dimension) =>
            dimension.DimValue > 0 ? SymbolicSize.Of(dimension.DimValue) : SymbolicSize.Symbol(NewSymbol());
    }

    private void Add(NodeProto node)
    {
        string label = node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault() ?? "";
        if (node.Attribute.Any(attribute => attribute.G is not null || attribute.Graphs.Count > 0))
        {
            throw new RowsMeetException($"{node.OpType} '{label}' has a subgraph, which is not followed");
        }
        if (OperatorTable.IsRandom(node.OpType))
        {
            throw new RowsMeetException($"{node.OpType} '{label}' draws random numbers");
        }
        string domain = Domain(node.Domain);
        if (OperatorTable.Find(domain, node.OpType) is not { } rule)
        {
            throw new RowsMeetException($"operator {domain}:{node.OpType} ('{label}') is not known to keep rows apart");
        }
        TracedValue?[] inputs = [.. node.Input.Select(Find)];
        RuleNode traced = new(node, inputs, _opsets.GetValueOrDefault(domain, 1), NewSymbol);
        TracedValue[] outputs = Apply(rule, traced);
        for (int i = 0; i < node.Output.Count; i++)
        {
            _values[node.Output[i]] = outputs[i];
        }
    }

    private static TracedValue[] Apply(Func<RuleNode, TracedValue[]> rule, RuleNode node)
    {
        bool counts = node.Given.Any(value => value.CountsRows);
        if (counts && !OperatorTable.MayCount(node.Operator))
        {
            throw node.Unproven("it computes with the number of rows");
        }
        try
        {
            return rule(node);
        }
        catch (Exception exception) when (IsUnread(exception))
        {
            // What only constants go into is a constant, whatever its shape.
            if (!counts && node.Given.All(value => !value.IsBatched))
            {
                return [.. Enumerable.Repeat(TracedValue.Uniform(), node.OutputPlaces)];
            }
            if (exception is RowsMeetException)
            {
                throw;
            }
            throw node.Unproven("its attributes or inputs are not what its definition says");
        }
    }

    /// <summary>A file may give an operator any attributes; what a rule cannot make sense of is not proven.</summary>
    private static bool IsUnread(Exception exception) =>
        exception
            is RowsMeetException
                or IndexOutOfRangeException
                or ArgumentException
                or InvalidOperationException
                or KeyNotFoundException
                or OverflowException
                or DivideByZeroException;

    private TracedValue? Find(string name)
    {
        if (name.Length == 0)
        {
            return null;
        }
        return _values.GetValueOrDefault(name) ?? throw new RowsMeetException($"nothing before it makes '{name}'");
    }

    private void RequireRows(ValueInfoProto output)
    {
        TracedValue value = Find(output.Name)!;
        bool rows = value.Axis == 0 && value.Shape![0].Equals(SymbolicSize.Rows);
        if (rows)
        {
            return;
        }
        string why = value.IsBatched ? "has its rows along another axis or in groups" : "is the same for every request";
        throw new RowsMeetException($"output '{output.Name}' {why}");
    }

    private int NewSymbol() => ++_symbols;
}
