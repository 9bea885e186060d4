using Microsoft.ML.OnnxRuntime;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using Kind = OrleansInference.Onnx.Messages.TensorProto.Types.DataType;

namespace OrleansInference.Onnx.Tests.RowIndependence;

/// <summary>
/// Grows a random graph node by node, with and without row independence, and asks ONNX Runtime after each node whether
/// it is a valid one and what it gives. Constants that have as many rows as the batch it grows with are among its
/// operands.
/// </summary>
internal sealed class GraphFuzzer
{
    /// <summary>Rows of the batch that the graph grows with.</summary>
    public const int Rows = 3;

    private static readonly string[] Smooth =
    [
        "Exp",
        "Tanh",
        "Sigmoid",
        "Erf",
        "Softplus",
        "Sin",
        "Cos",
        "Elu",
        "Selu",
        "Gelu",
        "Mish",
        "HardSwish",
        "Softsign",
        "Celu",
    ];
    private static readonly string[] Plain =
    [
        "Abs",
        "Neg",
        "Relu",
        "LeakyRelu",
        "Identity",
        "HardSigmoid",
        "ThresholdedRelu",
        "Reciprocal",
        "Sqrt",
    ];
    private static readonly string[] Steps = ["Floor", "Ceil", "Round", "Sign", "Shrink", "IsNaN", "IsInf"];
    private static readonly string[] Sums =
    [
        "ReduceSum",
        "ReduceMean",
        "ReduceMax",
        "ReduceMin",
        "ReduceProd",
        "ReduceL1",
        "ReduceL2",
        "ReduceSumSquare",
        "ReduceLogSumExp",
    ];

    private readonly Random _random;
    private readonly GraphProto _graph = new() { Name = "random" };
    private readonly List<Operand> _pool = [];
    private readonly List<string> _kinds = [];
    private int _names;

    public GraphFuzzer(int seed)
    {
        _random = new Random(seed);
        int rank = _random.Next(2, 5);
        long[] shape = [Rows, .. Enumerable.Range(1, rank - 1).Select(_ => (long)_random.Next(1, 5))];
        AddInput("x", Kind.Float, shape, shared: _random.Next(4) == 0);
        if (_random.Next(2) == 0)
        {
            AddInput("y", Kind.Float, _random.Next(2) == 0 ? shape : [Rows, _random.Next(1, 4)], shared: false);
        }
        if (_random.Next(3) == 0)
        {
            AddInput("i", Kind.Int64, [Rows, _random.Next(1, 4)], shared: false);
        }
    }

    private sealed record Operand(string Name, Kind Type, long[] Shape, bool IsExact);

    /// <summary>Operators in the graph.</summary>
    public IReadOnlyList<string> Kinds => _kinds;

    /// <summary>Shapes of the inputs at <see cref="Rows"/> rows.</summary>
    public List<(string Name, Kind Type, long[] Shape)> Inputs { get; } = [];

    /// <summary>The model, whose one output is the last value made; null where nothing was.</summary>
    public ModelProto? Grow(int nodes)
    {
        for (int i = 0; i < nodes; i++)
        {
            TryGrow();
        }
        Operand last = _pool[^1];
        if (_graph.Node.Count == 0 || last.Shape.Length == 0)
        {
            return null;
        }
        return Model(last);
    }

    private void AddInput(string name, Kind type, long[] shape, bool shared)
    {
        // A name that stands for the rows and for another size too: such a model has no batch.
        TensorShapeProto dimensions = new();
        for (int i = 0; i < shape.Length; i++)
        {
            bool named = i == 0 || (shared && i == 1) || _random.Next(4) == 0;
            if (shared && i == 1)
            {
                shape[1] = Rows;
            }
            TensorShapeProto.Types.Dimension dimension = named
                ? new() { DimParam = i == 0 || (shared && i == 1) ? "batch" : $"{name}{i}" }
                : new() { DimValue = shape[i] };
            dimensions.Dim.Add(dimension);
        }

        _graph.Input.Add(
            new ValueInfoProto
            {
                Name = name,
                Type = new TypeProto
                {
                    TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dimensions },
                },
            }
        );
        Inputs.Add((name, type, shape));
        _pool.Add(new Operand(name, type, shape, IsExact: true));
    }

    private ModelProto Model(params Operand[] outputs)
    {
        ModelProto model = new() { IrVersion = 9, Graph = _graph.Clone() };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 18 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        foreach (Operand output in outputs)
        {
            TensorShapeProto shape = new();
            for (int i = 0; i < output.Shape.Length; i++)
            {
                shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = $"out{i}" });
            }
            model.Graph.Output.Add(
                new ValueInfoProto
                {
                    Name = output.Name,
                    Type = new TypeProto
                    {
                        TensorType = new TypeProto.Types.Tensor { ElemType = (int)output.Type, Shape = shape },
                    },
                }
            );
        }

        return model;
    }

    /// <summary>
    /// Adds one operator, perhaps with the few that make its operands; takes it back where ONNX Runtime refuses it.
    /// </summary>
    private void TryGrow()
    {
        int nodes = _graph.Node.Count;
        int constants = _graph.Initializer.Count;
        if (Next() is { } made && Runs(made.Name, out Kind type, out long[] shape))
        {
            _pool.Add(new Operand(made.Name, type, shape, made.IsExact));
            _kinds.AddRange(_graph.Node.Skip(nodes).Select(node => node.OpType));
            return;
        }

        while (_graph.Node.Count > nodes)
        {
            _graph.Node.RemoveAt(_graph.Node.Count - 1);
        }
        while (_graph.Initializer.Count > constants)
        {
            _graph.Initializer.RemoveAt(_graph.Initializer.Count - 1);
        }
    }

    private bool Runs(string name, out Kind type, out long[] shape)
    {
        type = Kind.Undefined;
        shape = [];
        ModelProto model = Model(new Operand(name, Kind.Float, [], true));
        // Shape and type are what the run shows.
        model.Graph.Output[0].Type = null;
        try
        {
            using BatchComparison run = new(model);
            Dictionary<string, BatchComparison.Tensor> inputs = BatchComparison.Values(Inputs, Rows, seed: 5, scale: 1);
            BatchComparison.Tensor output = run.Run(inputs)[0];
            type = output.Type;
            shape = output.Shape;
            return shape.Aggregate(1L, (product, size) => product * size) is > 0 and < 4096;
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }
    }

    private (string Name, bool IsExact)? Next() =>
        _random.Next(34) switch
        {
            0 or 1 => Unary(Pick(Smooth), isExact: false),
            2 or 3 => Unary(Pick(Plain), isExact: true),
            4 => Unary(Pick(Steps), isExact: true, exactOnly: true),
            5 or 6 or 7 => Binary(),
            8 or 9 => Reduce(),
            10 => Along("Softmax", "LogSoftmax", "LpNormalization", "Hardmax"),
            11 => Norm(),
            12 => Transpose(),
            13 or 14 => Reshape(),
            15 => Squeezed(),
            16 => Joined(),
            17 => Slice(),
            18 => Padded(),
            19 => Gathered(),
            20 => Product(),
            21 => Product(),
            22 => Picture(),
            23 => Sorted(),
            24 => Expanded(),
            25 => Quantised(),
            26 => Varying(),
            27 => Chosen(),
            28 => Recurrent(),
            29 => Subgraph(),
            30 => Counted(),
            31 => Fused(),
            32 => Scattered(),
            _ => Random(),
        };

    private (string, bool)? Unary(string operation, bool isExact, bool exactOnly = false)
    {
        if (Float(exactOnly) is not { } x)
        {
            return null;
        }
        if (operation == "Gelu")
        {
            return (Node("Gelu", [x.Name], "com.microsoft"), false);
        }
        if (operation == "IsNaN" || operation == "IsInf")
        {
            return (Cast(Node(operation, [x.Name]), Kind.Float), x.IsExact);
        }
        return (Node(operation, [x.Name]), isExact && x.IsExact);
    }

    private (string, bool)? Binary()
    {
        if (Float() is not { } a)
        {
            return null;
        }
        Operand? b = _random.Next(3) == 0 ? null : Float();
        string other = b?.Name ?? Constant(ConstantShape(a));
        bool exact = a.IsExact && b?.IsExact != false;
        string compared = Pick("Less", "Greater", "Equal", "LessOrEqual", "GreaterOrEqual");
        if (exact && _random.Next(5) == 0)
        {
            return (Cast(Node(compared, [a.Name, other]), Kind.Float), true);
        }
        string[] operands = _random.Next(2) == 0 ? [a.Name, other] : [other, a.Name];
        return (Node(Pick("Add", "Sub", "Mul", "Max", "Min", "Div", "PRelu", "Sum", "Mean"), operands), exact);
    }

    private (string, bool)? Reduce()
    {
        if (Float() is not { } x || x.Shape.Length == 0)
        {
            return null;
        }
        string operation = Pick(Sums);
        List<string> inputs = [x.Name];
        if (_random.Next(8) != 0)
        {
            inputs.Add(Integers([Axis(x)]));
        }
        return (
            Node(operation, inputs, "", OnnxAttribute.Of("keepdims", (long)_random.Next(2))),
            operation is "ReduceMax" or "ReduceMin" && x.IsExact
        );
    }

    private (string, bool)? Along(params string[] operations)
    {
        string operation = Pick(operations);
        if (Float(operation == "Hardmax") is not { } x || x.Shape.Length == 0)
        {
            return null;
        }
        return (Node(operation, [x.Name], "", OnnxAttribute.Of("axis", Axis(x))), operation == "Hardmax");
    }

    private (string, bool)? Norm()
    {
        if (Float() is not { } x || x.Shape.Length < 2)
        {
            return null;
        }
        int axis = _random.Next(x.Shape.Length);
        long size = x.Shape.Skip(axis).Aggregate(1L, (product, part) => product * part);
        string scale = axis == x.Shape.Length - 1 ? Constant([size]) : Constant([.. x.Shape.Skip(axis)]);
        if (_random.Next(2) == 0)
        {
            return (
                Node(
                    "LayerNormalization",
                    [x.Name, scale],
                    "",
                    OnnxAttribute.Of("axis", (long)axis),
                    OnnxAttribute.Of("epsilon", 0.1f)
                ),
                false
            );
        }
        string[] channels = [.. Enumerable.Range(0, 4).Select(_ => Constant([x.Shape[1]], positive: true))];
        if (_random.Next(2) == 0)
        {
            return (Node("BatchNormalization", [x.Name, .. channels]), false);
        }
        if (_random.Next(2) == 0)
        {
            return (Node("MeanVarianceNormalization", [x.Name], "", OnnxAttribute.Of("axes", [Axis(x)])), false);
        }
        return x.Shape.Length < 3
            ? null
            : (
                Node(
                    "InstanceNormalization",
                    [x.Name, channels[0], channels[1]],
                    "",
                    OnnxAttribute.Of("epsilon", 0.1f)
                ),
                false
            );
    }

    private (string, bool)? Transpose()
    {
        Operand x = Any();
        if (x.Shape.Length == 0)
        {
            return null;
        }
        long[] order = [.. Enumerable.Range(0, x.Shape.Length).OrderBy(_ => _random.Next()).Select(i => (long)i)];
        return (Node("Transpose", [x.Name], "", OnnxAttribute.Of("perm", order)), x.IsExact);
    }

    private (string, bool)? Reshape()
    {
        Operand x = Any();
        if (x.Shape.Length == 0)
        {
            return null;
        }
        if (_random.Next(4) == 0)
        {
            return (
                Node("Flatten", [x.Name], "", OnnxAttribute.Of("axis", (long)_random.Next(0, x.Shape.Length + 1))),
                x.IsExact
            );
        }
        long last = x.Shape[^1];
        string target = _random.Next(8) switch
        {
            0 => Integers([0, -1]),
            1 => Integers([-1, last]),
            2 => Integers([-1]),
            3 => Integers([1, -1]),
            4 => Integers([Rows, -1]),
            5 => Computed(x, [-1]),
            6 => Computed(x, [.. x.Shape.Skip(1).Reverse()]),
            _ => Integers([0, 1, -1]),
        };
        return (Node("Reshape", [x.Name, target]), x.IsExact);
    }

    /// <summary>
    /// A shape whose first entry is the number of rows of <paramref name="x"/>, as exporters compute it.
    /// </summary>
    private string Computed(Operand x, long[] rest)
    {
        string shape = Node("Shape", [x.Name]);
        string rows =
            _random.Next(2) == 0
                ? Node("Gather", [shape, Integers([0])])
                : Node("Unsqueeze", [Node("Gather", [shape, Integers([0], scalar: true)]), Integers([0])]);
        return Node("Concat", [rows, Integers(rest)], "", OnnxAttribute.Of("axis", 0L));
    }

    private (string, bool)? Squeezed()
    {
        Operand x = Any();
        if (_random.Next(2) == 0)
        {
            return (Node("Unsqueeze", [x.Name, Integers([_random.Next(x.Shape.Length + 1)])]), x.IsExact);
        }
        if (x.Shape.Length == 0)
        {
            return null;
        }
        return (Node("Squeeze", _random.Next(3) == 0 ? [x.Name] : [x.Name, Integers([Axis(x)])]), x.IsExact);
    }

    private (string, bool)? Joined()
    {
        if (Float() is not { } x || Float() is not { } y || x.Shape.Length == 0)
        {
            return null;
        }
        if (_random.Next(3) == 0)
        {
            return (
                Node("Split", [x.Name], "", OnnxAttribute.Of("axis", Axis(x)), OnnxAttribute.Of("num_outputs", 1L)),
                x.IsExact
            );
        }
        string other = _random.Next(3) == 0 ? Constant(x.Shape) : y.Name;
        return (Node("Concat", [x.Name, other], "", OnnxAttribute.Of("axis", Axis(x))), x.IsExact && y.IsExact);
    }

    private (string, bool)? Slice()
    {
        Operand x = Any();
        if (x.Shape.Length == 0)
        {
            return null;
        }
        long end = _random.Next(3) switch
        {
            0 => long.MaxValue,
            1 => -1,
            _ => 2,
        };
        List<string> inputs = [x.Name, Integers([_random.Next(2)]), Integers([end]), Integers([Axis(x)])];
        if (_random.Next(3) == 0)
        {
            inputs.Add(Integers([2]));
        }
        return (Node("Slice", inputs), x.IsExact);
    }

    private (string, bool)? Padded()
    {
        if (Float() is not { } x || x.Shape.Length == 0)
        {
            return null;
        }
        long[] counts = [.. x.Shape.Select((_, i) => i == 0 && _random.Next(2) == 0 ? 0L : _random.Next(2))];
        if (_random.Next(2) == 0)
        {
            return (Node("Tile", [x.Name, Integers([.. counts.Select(count => count + 1)])]), x.IsExact);
        }
        return (
            Node(
                "Pad",
                [x.Name, Integers([.. counts, .. counts])],
                "",
                OnnxAttribute.Of("mode", Pick("constant", "edge"))
            ),
            x.IsExact
        );
    }

    private (string, bool)? Gathered()
    {
        if (
            _pool.Find(operand => operand.Type == Kind.Int64 && operand.Name == "i") is { } indices
            && _random.Next(2) == 0
        )
        {
            string table = Constant([4, _random.Next(1, 4)]);
            if (_random.Next(3) == 0)
            {
                return (
                    Node(
                        "OneHot",
                        [indices.Name, Integers([4], scalar: true), Constant([2])],
                        "",
                        OnnxAttribute.Of("axis", (long)_random.Next(-1, 2))
                    ),
                    true
                );
            }
            return (Node("Gather", [table, indices.Name], "", OnnxAttribute.Of("axis", 0L)), true);
        }

        if (Float() is not { } x || x.Shape.Length == 0)
        {
            return null;
        }
        long axis = Axis(x);
        if (_random.Next(2) == 0)
        {
            return (
                Node("Gather", [x.Name, Integers([0, _random.Next(2)])], "", OnnxAttribute.Of("axis", axis)),
                x.IsExact
            );
        }
        string places = Zeros(x);
        return (Node("GatherElements", [x.Name, places], "", OnnxAttribute.Of("axis", axis)), x.IsExact);
    }

    private (string, bool)? Product()
    {
        if (Float() is not { } x || x.Shape.Length == 0)
        {
            return null;
        }
        long inner = x.Shape[^1];
        switch (_random.Next(6))
        {
            case 0:
                return (Node("MatMul", [x.Name, Node("Transpose", [x.Name])]), false);
            case 1:
                return (Node("MatMul", [x.Name, x.Name]), false);
            case 2 when x.Shape.Length == 2:
                return (
                    Node(
                        "Gemm",
                        [x.Name, Constant([2, inner]), Constant(_random.Next(2) == 0 ? [2] : [Rows, 2])],
                        "",
                        OnnxAttribute.Of("transB", 1L)
                    ),
                    false
                );
            // Where a batch of one row has lost its dimension, ONNX Runtime dies of the equation.
            case 3 when x.Shape.Length == 2 && !_kinds.Contains("Squeeze"):
                return (
                    Node(
                        "Einsum",
                        [x.Name, Constant([inner, 2])],
                        "",
                        OnnxAttribute.Of("equation", Pick("ni,ij->nj", "ni,ij->j", "ni,ij->jn"))
                    ),
                    false
                );
            case 4:
                return (
                    Node("FusedMatMul", [Constant([2, x.Shape.Length > 1 ? x.Shape[^2] : 1]), x.Name], "com.microsoft"),
                    false
                );
            default:
                return (Node("MatMul", [x.Name, Constant([inner, _random.Next(1, 4)])]), false);
        }
    }

    private (string, bool)? Picture()
    {
        if (Float() is not { Shape.Length: 4 } x)
        {
            return null;
        }
        long channels = x.Shape[1];
        return _random.Next(8) switch
        {
            0 => (Node("Conv", [x.Name, Constant([2, channels, 1, 1])]), false),
            1 => (
                Node(
                    "Conv",
                    [x.Name, Constant([2, channels, 3, 3])],
                    "",
                    OnnxAttribute.Of("pads", [1L, 1, 1, 1]),
                    OnnxAttribute.Of("strides", [(long)_random.Next(1, 3), 1])
                ),
                false
            ),
            2 => (Node("ConvTranspose", [x.Name, Constant([channels, 2, 2, 2])]), false),
            3 => (Node("MaxPool", [x.Name], "", OnnxAttribute.Of("kernel_shape", [1L, 1])), x.IsExact),
            4 => (
                Node(
                    "AveragePool",
                    [x.Name],
                    "",
                    OnnxAttribute.Of("kernel_shape", [2L, 2]),
                    OnnxAttribute.Of("pads", [1L, 1, 1, 1])
                ),
                false
            ),
            5 => (Node(Pick("GlobalAveragePool", "GlobalMaxPool"), [x.Name]), false),
            6 => (Node("LRN", [x.Name], "", OnnxAttribute.Of("size", 1L)), false),
            _ => (
                Node(
                    "Resize",
                    [x.Name, "", _random.Next(2) == 0 ? Floats([1, 1, 2, 2]) : Floats([2, 1, 1, 1])],
                    "",
                    OnnxAttribute.Of("mode", "nearest")
                ),
                x.IsExact
            ),
        };
    }

    private (string, bool)? Sorted()
    {
        if (Float(exactOnly: true) is not { } x || x.Shape.Length == 0)
        {
            return null;
        }
        AttributeProto axis = OnnxAttribute.Of("axis", Axis(x));
        return _random.Next(5) switch
        {
            0 => (Node("TopK", [x.Name, Integers([1])], "", axis), true),
            1 => (Cast(Node(Pick("ArgMax", "ArgMin"), [x.Name], "", axis), Kind.Float), true),
            2 => (Node("CumSum", [x.Name, Integers([axis.I], scalar: true)]), false),
            3 => x.Shape.Length < 2
                ? null
                : (Node("Trilu", [x.Name], "", OnnxAttribute.Of("upper", (long)_random.Next(2))), true),
            _ => x.Shape.Length < 2
                ? null
                : (
                    Node(
                        "ReverseSequence",
                        [x.Name, Lengths(x)],
                        "",
                        OnnxAttribute.Of("batch_axis", 0L),
                        OnnxAttribute.Of("time_axis", 1L)
                    ),
                    true
                ),
        };
    }

    private (string, bool)? Expanded()
    {
        if (Float() is not { } x || x.Shape.Length == 0)
        {
            return null;
        }
        string shape = Node("Shape", [x.Name]);
        return _random.Next(4) switch
        {
            0 => (Node("Expand", [Constant([x.Shape[^1]]), shape]), true),
            1 => (Node("Add", [x.Name, Node("ConstantOfShape", [shape])]), x.IsExact),
            2 => (Node("Expand", [x.Name, Integers([.. x.Shape])]), x.IsExact),
            _ => (
                Node(
                    "Mul",
                    [
                        x.Name,
                        Node(
                            "Unsqueeze",
                            [
                                Cast(
                                    Node(
                                        "Range",
                                        [
                                            Integers([0], scalar: true),
                                            Node("Gather", [shape, Integers([0], scalar: true)]),
                                            Integers([1], scalar: true),
                                        ]
                                    ),
                                    Kind.Float
                                ),
                                Integers([1]),
                            ]
                        ),
                    ]
                ),
                x.IsExact
            ),
        };
    }

    private (string, bool)? Quantised()
    {
        if (Float(exactOnly: true) is not { } x || _kinds.Contains("If"))
        {
            return null;
        }
        if (_random.Next(2) == 0)
        {
            string q = Name();
            _graph.Node.Add(
                new NodeProto
                {
                    OpType = "DynamicQuantizeLinear",
                    Name = q,
                    Input = { x.Name },
                    Output = { q, q + "_scale", q + "_zero" },
                }
            );
            return (Node("DequantizeLinear", [q, q + "_scale", q + "_zero"]), false);
        }

        string scale = Floats([0.5f], scalar: true);
        string zero = Name();
        _graph.Initializer.Add(OnnxTensor.Of<byte>(zero, [128]));
        return (Node("DequantizeLinear", [Node("QuantizeLinear", [x.Name, scale, zero]), scale, zero]), true);
    }

    private (string, bool)? Varying()
    {
        if (Float(exactOnly: true) is not { } x || x.Shape.Length == 0)
        {
            return null;
        }
        return _random.Next(3) switch
        {
            0 => (Cast(Node("NonZero", [x.Name]), Kind.Float), true),
            1 => (Node("Compress", [x.Name, Bools([true, false])], "", OnnxAttribute.Of("axis", Axis(x))), true),
            // Along an axis ONNX Runtime dies of a tensor without elements.
            _ => (Node("Unique", [x.Name]), true),
        };
    }

    private (string, bool)? Chosen()
    {
        if (Float(exactOnly: true) is not { } x || Float() is not { } y)
        {
            return null;
        }
        string condition = Node("Greater", [x.Name, Constant([], value: 0)]);
        if (_random.Next(3) == 0)
        {
            condition = Node(Pick("And", "Or", "Xor"), [condition, Node("Not", [condition])]);
        }
        return (Node("Where", [condition, y.Name, Constant(_random.Next(2) == 0 ? [] : [Rows, 1])]), y.IsExact);
    }

    private (string, bool)? Recurrent()
    {
        // ONNX Runtime dies of a sequence of no steps, which a slice of one row may be.
        if (Float() is not { Shape.Length: 3 } x || _kinds.Contains("Slice"))
        {
            return null;
        }
        long inputs = x.Shape[2];
        string operation = Pick("LSTM", "GRU", "RNN");
        long gates =
            operation == "LSTM" ? 4
            : operation == "GRU" ? 3
            : 1;
        return (
            Node(
                operation,
                [x.Name, Constant([1, gates * 2, inputs]), Constant([1, gates * 2, 2])],
                "",
                OnnxAttribute.Of("hidden_size", 2L)
            ),
            false
        );
    }

    private (string, bool)? Subgraph()
    {
        // ONNX Runtime 1.31 dies of a subgraph that reads what was quantised.
        if (Float() is not { } x || _kinds.Contains("DequantizeLinear"))
        {
            return null;
        }
        GraphProto Branch(string operation)
        {
            string result = Name();
            GraphProto branch = new() { Name = result };
            branch.Node.Add(
                new NodeProto
                {
                    OpType = operation,
                    Name = result,
                    Input = { x.Name },
                    Output = { result },
                }
            );
            branch.Output.Add(
                new ValueInfoProto
                {
                    Name = result,
                    Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)Kind.Float } },
                }
            );
            return branch;
        }

        string sum = Node("ReduceSum", [x.Name], "", OnnxAttribute.Of("keepdims", 0L));
        string condition = Node("Greater", [sum, Constant([], value: 0)]);
        return (
            Node(
                "If",
                [condition],
                "",
                OnnxAttribute.Of("then_branch", Branch("Neg")),
                OnnxAttribute.Of("else_branch", Branch("Abs"))
            ),
            x.IsExact
        );
    }

    private (string, bool)? Counted()
    {
        if (Float() is not { } x || x.Shape.Length == 0)
        {
            return null;
        }
        string rows = Cast(
            _random.Next(2) == 0
                ? Node("Size", [x.Name])
                : Node("Gather", [Node("Shape", [x.Name]), Integers([_random.Next(x.Shape.Length)], scalar: true)]),
            Kind.Float
        );
        return (Node(Pick("Mul", "Div"), [x.Name, _random.Next(2) == 0 ? rows : Node("Sqrt", [rows])]), false);
    }

    private (string, bool)? Fused()
    {
        if (Float() is not { Shape.Length: >= 2 } x)
        {
            return null;
        }
        string[] scales = [Constant([x.Shape[^1]]), Constant([x.Shape[^1]])];
        return _random.Next(3) switch
        {
            0 => x.Shape.Length == 3
                ? (
                    Node(
                        "SkipLayerNormalization",
                        [x.Name, x.Name, .. scales],
                        "com.microsoft",
                        OnnxAttribute.Of("epsilon", 0.1f)
                    ),
                    false
                )
                : null,
            1 => (Node("BiasGelu", [x.Name, scales[0]], "com.microsoft"), false),
            _ => (Node("QuickGelu", [x.Name], "com.microsoft"), false),
        };
    }

    private (string, bool)? Scattered()
    {
        if (Float() is not { } x || x.Shape.Length == 0)
        {
            return null;
        }
        string places = Zeros(x);
        if (_random.Next(2) == 0)
        {
            return (
                Node(
                    "ScatterElements",
                    [x.Name, places, x.Name],
                    "",
                    OnnxAttribute.Of("axis", Axis(x)),
                    OnnxAttribute.Of("reduction", "max")
                ),
                x.IsExact
            );
        }
        if (x.Shape.Length < 2)
        {
            return null;
        }
        return (
            Node(
                "GatherND",
                [x.Name, Integers([.. Enumerable.Repeat(0L, Rows)], shape: [Rows, 1])],
                "",
                OnnxAttribute.Of("batch_dims", (long)_random.Next(2))
            ),
            x.IsExact
        );
    }

    private (string, bool)? Random()
    {
        if (Float() is not { } x)
        {
            return null;
        }
        if (_random.Next(2) == 0)
        {
            return (Node("Dropout", [x.Name]), x.IsExact);
        }
        return (Node("Add", [x.Name, Node("RandomNormalLike", [x.Name])]), false);
    }

    private Operand? Float(bool exactOnly = false)
    {
        Operand[] fitting = [.. _pool.Where(operand => operand.Type == Kind.Float && (operand.IsExact || !exactOnly))];
        // What was made last is taken more often, so that graphs grow deep.
        return fitting.Length == 0 ? null : fitting[_random.Next(2) == 0 ? ^1 : _random.Next(fitting.Length)];
    }

    private Operand Any() => _pool[_random.Next(2) == 0 ? _pool.Count - 1 : _random.Next(_pool.Count)];

    private long Axis(Operand operand) =>
        _random.Next(3) == 0 ? _random.Next(operand.Shape.Length) : operand.Shape.Length - 1;

    private long[] ConstantShape(Operand operand)
    {
        long[] shape = [.. operand.Shape.Select(size => _random.Next(2) == 0 ? 1 : size)];
        return _random.Next(3) switch
        {
            0 => [],
            1 => shape.Length == 0 ? [] : shape[1..],
            _ => shape,
        };
    }

    private string Pick(params string[] names) => names[_random.Next(names.Length)];

    private string Name() => $"v{_names++}";

    private string Node(
        string operation,
        IReadOnlyList<string> inputs,
        string domain = "",
        params ReadOnlySpan<AttributeProto> attributes
    )
    {
        string output = Name();
        NodeProto node = new()
        {
            OpType = operation,
            Domain = domain,
            Name = output,
            Input = { inputs },
            Output = { output },
        };
        foreach (AttributeProto attribute in attributes)
        {
            node.Attribute.Add(attribute);
        }
        // Where an operator gives more than one result, the others exist too.
        if (operation == "TopK")
        {
            node.Output.Add(output + "_places");
        }
        _graph.Node.Add(node);
        return output;
    }

    private string Cast(string value, Kind type) => Node("Cast", [value], "", OnnxAttribute.Of("to", (long)type));

    /// <summary>An index of 0 for each element.</summary>
    private string Zeros(Operand x) => Cast(Node("Greater", [x.Name, x.Name]), Kind.Int64);

    /// <summary>A length of 1 for each row. ONNX Runtime dies of lengths that are not as many as the rows.</summary>
    private string Lengths(Operand x)
    {
        string axes = Integers([.. Enumerable.Range(1, x.Shape.Length - 1).Select(i => (long)i)]);
        string zeros = Node("ReduceMax", [Zeros(x), axes], "", OnnxAttribute.Of("keepdims", 0L));
        return Node("Add", [zeros, Integers([1], scalar: true)]);
    }

    private string Constant(long[] shape, float? value = null, bool positive = false)
    {
        long count = shape.Aggregate(1L, (product, size) => product * size);
        float[] values =
        [
            .. Enumerable
                .Range(0, (int)count)
                .Select(_ => value ?? (positive ? 1 + _random.Next(3) : _random.Next(-2, 3))),
        ];
        string name = Name();
        _graph.Initializer.Add(OnnxTensor.Of<float>(name, values, shape));
        return name;
    }

    private string Floats(float[] values, bool scalar = false)
    {
        string name = Name();
        _graph.Initializer.Add(OnnxTensor.Of<float>(name, values, scalar ? [] : [values.Length]));
        return name;
    }

    private string Bools(bool[] values)
    {
        string name = Name();
        _graph.Initializer.Add(OnnxTensor.Of<bool>(name, values, values.Length));
        return name;
    }

    private string Integers(long[] values, bool scalar = false, long[]? shape = null)
    {
        string name = Name();
        _graph.Initializer.Add(OnnxTensor.Of<long>(name, values, shape ?? (scalar ? [] : [values.Length])));
        return name;
    }
}
