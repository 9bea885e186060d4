using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;

namespace OrleansInference.Onnx.Samples;

/// <summary>
/// Small models for tests and benchmarks, each with one trait that a server has to deal with. Input <c>x</c>, output
/// <c>y</c>.
/// </summary>
public static class FixtureModels
{
    private const TensorProto.Types.DataType Float = TensorProto.Types.DataType.Float;
    private const TensorProto.Types.DataType Int32 = TensorProto.Types.DataType.Int32;
    private const TensorProto.Types.DataType Int64 = TensorProto.Types.DataType.Int64;
    private const TensorProto.Types.DataType Bool = TensorProto.Types.DataType.Bool;

    /// <summary>y = x, both [batch, <paramref name="width"/>] of any element type.</summary>
    public static byte[] Identity(TensorProto.Types.DataType elementType, long width) =>
        new OnnxGraphBuilder("identity")
            .Input("x", elementType, "batch", width)
            .Node("Identity", ["x"], ["y"])
            .Output("y", elementType, "batch", width)
            .ToBytes();

    /// <summary>
    /// A perceptron with one hidden ReLU layer, FP32: [batch, <paramref name="inputs"/>] to [batch,
    /// <paramref name="outputs"/>]. Weights are uniform in ±1/√(fan-in) and the same for the same
    /// <paramref name="seed"/>.
    /// </summary>
    public static byte[] Mlp(int inputs, int hidden, int outputs, int seed = 1)
    {
        Random random = new(seed);
        return new OnnxGraphBuilder("mlp")
            .Input("x", Float, "batch", inputs)
            .Initializer(Weights("w1", inputs, hidden, random))
            .Initializer(Weights("b1", 1, hidden, random))
            .Initializer(Weights("w2", hidden, outputs, random))
            .Initializer(Weights("b2", 1, outputs, random))
            .Node("Gemm", ["x", "w1", "b1"], ["sums"])
            .Node("Relu", ["sums"], ["hidden"])
            .Node("Gemm", ["hidden", "w2", "b2"], ["y"])
            .Output("y", Float, "batch", outputs)
            .ToBytes();
    }

    /// <summary>y = 2x, FP32 [1, <paramref name="width"/>]: a batch dimension that cannot grow.</summary>
    public static byte[] FixedBatch(long width) =>
        new OnnxGraphBuilder("fixed_batch")
            .Input("x", Float, 1, width)
            .Initializer(OnnxTensor.Of<float>("two", [2]))
            .Node("Mul", ["x", "two"], ["y"])
            .Output("y", Float, 1, width)
            .ToBytes();

    /// <summary>y = 2x, FP32 [<paramref name="width"/>]: no batch dimension at all.</summary>
    public static byte[] NoBatch(long width) =>
        new OnnxGraphBuilder("no_batch")
            .Input("x", Float, width)
            .Initializer(OnnxTensor.Of<float>("two", [2]))
            .Node("Mul", ["x", "two"], ["y"])
            .Output("y", Float, width)
            .ToBytes();

    /// <summary>
    /// y = x · scale, FP32 [batch, <paramref name="width"/>]; the input <c>scale</c> [1] may be left out and is then 2.
    /// </summary>
    public static byte[] OptionalInput(long width) =>
        new OnnxGraphBuilder("optional_input")
            .Input("x", Float, "batch", width)
            .Input("scale", Float, 1)
            .Initializer(OnnxTensor.Of<float>("scale", [2], 1))
            .Node("Mul", ["x", "scale"], ["y"])
            .Output("y", Float, "batch", width)
            .ToBytes();

    /// <summary>
    /// y = x less the mean of its rows, FP32 [batch, <paramref name="width"/>]: looks batchable and is not, since a
    /// row's result depends on the others.
    /// </summary>
    public static byte[] RowsInteract(long width) =>
        new OnnxGraphBuilder("rows_interact")
            .Input("x", Float, "batch", width)
            .Node("ReduceMean", ["x"], ["mean"], OnnxAttribute.Of("axes", [0L]), OnnxAttribute.Of("keepdims", 1))
            .Node("Sub", ["x", "mean"], ["y"])
            .Output("y", Float, "batch", width)
            .ToBytes();

    /// <summary>
    /// y = x ÷ max(1, the largest of x), FP32 [batch, width]: rows influence each other where one is over 1.
    /// </summary>
    public static byte[] RowsInteractWhereLarge(long width) =>
        new OnnxGraphBuilder("rows_interact_where_large")
            .Input("x", Float, "batch", width)
            .Initializer(OnnxTensor.Of<float>("one", [1]))
            .Node("ReduceMax", ["x"], ["largest"], OnnxAttribute.Of("keepdims", 0))
            .Node("Max", ["largest", "one"], ["divisor"])
            .Node("Div", ["x", "divisor"], ["y"])
            .Output("y", Float, "batch", width)
            .ToBytes();

    /// <summary>
    /// The rows of x, FP32 [batch, width], whose first value is not negative: how many come out follows from the data.
    /// </summary>
    public static byte[] RowsThatVary(long width) =>
        new OnnxGraphBuilder("rows_that_vary")
            .Input("x", Float, "batch", width)
            .Initializer(OnnxTensor.Of<long>("first", [0]))
            .Initializer(OnnxTensor.Of<float>("zero", [0]))
            .Node("Gather", ["x", "first"], ["column"], OnnxAttribute.Of("axis", 1))
            .Node("GreaterOrEqual", ["column", "zero"], ["kept"])
            .Node("Compress", ["x", "kept"], ["y"], OnnxAttribute.Of("axis", 0))
            .Output("y", Float, "kept", width)
            .ToBytes();

    /// <summary>
    /// y = x as one column, FP32 [batch, width] → [batch × width, 1], which the file declares as [<paramref
    /// name="declared"/>, 1].
    /// </summary>
    public static byte[] WronglyDeclared(long declared) =>
        new OnnxGraphBuilder("wrongly_declared")
            .Input("x", Float, 1, "width")
            .Initializer(OnnxTensor.Of<long>("column", [-1, 1], 2))
            .Node("Reshape", ["x", "column"], ["y"])
            .Output("y", Float, declared, 1)
            .ToBytes();

    /// <summary>y = x + 1, FP32 [batch, width]: requests choose both sizes.</summary>
    public static byte[] TwoDynamicDimensions() =>
        new OnnxGraphBuilder("two_dynamic_dimensions")
            .Input("x", Float, "batch", "width")
            .Initializer(OnnxTensor.Of<float>("one", [1]))
            .Node("Add", ["x", "one"], ["y"])
            .Output("y", Float, "batch", "width")
            .ToBytes();

    /// <summary>
    /// y = x · <paramref name="factor"/>, FP32 [batch, <paramref name="width"/>]: which version answered can be seen.
    /// </summary>
    public static byte[] Scale(long width, float factor) =>
        new OnnxGraphBuilder("scale")
            .Input("x", Float, "batch", width)
            .Initializer(OnnxTensor.Of<float>("factor", [factor]))
            .Node("Mul", ["x", "factor"], ["y"])
            .Output("y", Float, "batch", width)
            .ToBytes();

    /// <summary>y = x, INT64 [1], counted up one by one: a run takes as long as the request wants.</summary>
    public static byte[] CountsUp()
    {
        GraphProto step = new OnnxGraphBuilder("step")
            .Input("turn", Int64)
            .Input("goes_on", Bool)
            .Input("count", Int64, 1)
            .Initializer(OnnxTensor.Of<long>("one", [1]))
            .Node("Identity", ["goes_on"], ["goes_on_still"])
            .Node("Add", ["count", "one"], ["next"])
            .Output("goes_on_still", Bool)
            .Output("next", Int64, 1)
            .Build()
            .Graph;
        return new OnnxGraphBuilder("counts_up")
            .Input("x", Int64, 1)
            .Initializer(OnnxTensor.Of<long>("zero", [0]))
            .Node("Squeeze", ["x"], ["turns"])
            .Node("Loop", ["turns", "", "zero"], ["y"], OnnxAttribute.Of("body", step))
            .Output("y", Int64, 1)
            .ToBytes();
    }

    /// <summary>y = a + b, FP32 [batch, <paramref name="width"/>].</summary>
    public static byte[] Sum(long width) =>
        new OnnxGraphBuilder("sum")
            .Input("a", Float, "batch", width)
            .Input("b", Float, "batch", width)
            .Node("Add", ["a", "b"], ["y"])
            .Output("y", Float, "batch", width)
            .ToBytes();

    /// <summary>
    /// A sum over a sequence whose state the server keeps (implicit state). OUTPUT = STATE_OUT + END · CORRID, and
    /// STATE_OUT = (1 − START) · STATE_IN + INPUT. All are INT32 [batch, 1] but CORRID, a text. Serve it with
    /// <see cref="AccumulatorConfig"/>.
    /// </summary>
    public static byte[] Accumulator() =>
        new OnnxGraphBuilder("accumulator")
            .Input("INPUT", Int32, "batch", 1)
            .Input("START", Int32, "batch", 1)
            .Input("END", Int32, "batch", 1)
            .Input("CORRID", TensorProto.Types.DataType.String, "batch", 1)
            .Input("STATE_IN", Int32, "batch", 1)
            .Initializer(OnnxTensor.Of<int>("one", [1]))
            .Node("Sub", ["one", "START"], ["goes_on"])
            .Node("Mul", ["goes_on", "STATE_IN"], ["before"])
            .Node("Add", ["before", "INPUT"], ["STATE_OUT"])
            .Node("Cast", ["CORRID"], ["id"], OnnxAttribute.Of("to", (int)Int32))
            .Node("Mul", ["END", "id"], ["last"])
            .Node("Add", ["STATE_OUT", "last"], ["OUTPUT"])
            .Output("OUTPUT", Int32, "batch", 1)
            .Output("STATE_OUT", Int32, "batch", 1)
            .ToBytes();

    /// <summary>The configuration of <see cref="Accumulator"/>.</summary>
    /// <param name="candidates">Sequences under way at once.</param>
    /// <param name="idleMicroseconds">How long one may be silent.</param>
    /// <param name="rows">Rows of a batch, at most.</param>
    /// <param name="strategy">The strategy's block instead of the one with <paramref name="candidates"/>.</param>
    public static string AccumulatorConfig(
        int candidates = 1024,
        long idleMicroseconds = 10_000_000,
        int rows = 8,
        string? strategy = null
    ) =>
        $$"""
            max_batch_size: {{rows}}
            input { name: "INPUT" data_type: TYPE_INT32 dims: 1 }
            output { name: "OUTPUT" data_type: TYPE_INT32 dims: 1 }
            sequence_batching {
              max_sequence_idle_microseconds: {{idleMicroseconds}}
              {{strategy ?? $"oldest {{ max_candidate_sequences: {candidates} }}"}}
              control_input { name: "START" control { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } }
              control_input { name: "END" control { kind: CONTROL_SEQUENCE_END int32_false_true: [ 0, 1 ] } }
              control_input { name: "CORRID" control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_STRING } }
              state { input_name: "STATE_IN" output_name: "STATE_OUT" data_type: TYPE_INT32 dims: 1 }
            }
            """;

    private static TensorProto Weights(string name, int inputs, int outputs, Random random)
    {
        double reach = 1 / Math.Sqrt(inputs);
        float[] values = new float[inputs * outputs];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(reach * ((2 * random.NextDouble()) - 1));
        }
        return OnnxTensor.Of<float>(name, values, inputs, outputs);
    }
}
