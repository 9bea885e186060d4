using OrleansInference.Onnx.Building;
using static OrleansInference.Onnx.Messages.TensorProto.Types;

namespace OrleansInference.Onnx.Samples;

/// <summary>Small models, each of one kind that a server must treat rightly; for tests and benchmarks.</summary>
public static class FixtureModels
{
    /// <summary>y [batch, n] = x, of any element type.</summary>
    public static byte[] Identity(DataType type, int n)
    {
        OnnxGraphBuilder graph = new("identity");
        graph.Node("Identity", [graph.Input("x", type, -1, n)], "y");
        return graph.Output("y", type, -1, n).ToBytes();
    }

    /// <summary>A ReLU perceptron x [batch, inputs] → y [batch, outputs] with seeded weights: batching pays.</summary>
    public static byte[] Mlp(int inputs, int hidden, int outputs, int seed)
    {
        Random random = new(seed);
        OnnxGraphBuilder graph = new("mlp");
        string x = graph.Input("x", DataType.Float, -1, inputs);
        string first = graph.Node("Gemm", [x, graph.Floats("w1", Weights(random, inputs, hidden), inputs, hidden), graph.Floats("b1", Weights(random, 1, hidden), hidden)]);
        string relu = graph.Node("Relu", [first]);
        graph.Node("Gemm", [relu, graph.Floats("w2", Weights(random, hidden, outputs), hidden, outputs), graph.Floats("b2", Weights(random, 1, outputs), outputs)], "y");
        return graph.Output("y", DataType.Float, -1, outputs).ToBytes();
    }

    /// <summary>y [1, n] = 2x: a batch dimension fixed at 1.</summary>
    public static byte[] FixedBatch(int n) => Doubled([1, n]);

    /// <summary>y [n] = 2x: no batch dimension.</summary>
    public static byte[] NoBatch(int n) => Doubled([n]);

    /// <summary>y [batch, n] = x × scale, where <c>scale</c> [1] is an input with a default of 2.</summary>
    public static byte[] OptionalScale(int n)
    {
        OnnxGraphBuilder graph = new("optional-scale");
        string x = graph.Input("x", DataType.Float, -1, n);
        graph.Node("Mul", [x, graph.Floats(graph.Input("scale", DataType.Float, 1), [2], 1)], "y");
        return graph.Output("y", DataType.Float, -1, n).ToBytes();
    }

    /// <summary>y [rows, n] = x − mean of x over the rows: a free first dimension that is no batch.</summary>
    public static byte[] RowsInteract(int n)
    {
        OnnxGraphBuilder graph = new("rows-interact");
        string x = graph.Input("x", DataType.Float, -1, n);
        graph.Node("Sub", [x, graph.Node("ReduceMean", [x], null, OnnxAttributes.Ints("axes", 0))], "y");
        return graph.Output("y", DataType.Float, -1, n).ToBytes();
    }

    /// <summary>y [batch, length] = x + 1 with a free length.</summary>
    public static byte[] FreeLength()
    {
        OnnxGraphBuilder graph = new("free-length");
        graph.Node("Add", [graph.Input("x", DataType.Float, -1, -1), graph.Floats("one", [1], 1)], "y");
        return graph.Output("y", DataType.Float, -1, -1).ToBytes();
    }

    /// <summary>y [batch, 1] INT64 = the number in each string of x [batch, 1]; fails for the whole run on one that is none.</summary>
    public static byte[] ParseNumber()
    {
        OnnxGraphBuilder graph = new("parse-number");
        graph.Node("Cast", [graph.Input("x", DataType.String, -1, 1)], "y", OnnxAttributes.Int("to", (long)DataType.Int64));
        return graph.Output("y", DataType.Int64, -1, 1).ToBytes();
    }

    private static byte[] Doubled(long[] shape)
    {
        OnnxGraphBuilder graph = new("doubled");
        graph.Node("Mul", [graph.Input("x", DataType.Float, shape), graph.Floats("two", [2], 1)], "y");
        return graph.Output("y", DataType.Float, shape).ToBytes();
    }

    private static float[] Weights(Random random, int rows, int columns)
    {
        float scale = 1 / MathF.Sqrt(rows);
        float[] weights = new float[rows * columns];
        foreach (ref float weight in weights.AsSpan()) weight = (random.NextSingle() - 0.5f) * 2 * scale;
        return weights;
    }
}
