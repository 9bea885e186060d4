using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Reading;

namespace OrleansInference.Onnx.Samples;

/// <summary>
/// The models that public test suites of the protocol expect on a server, by the names that they use. Each has a
/// configuration, as on the server that the suites were written for.
/// </summary>
public static class ConformanceModels
{
    private const TensorProto.Types.DataType Float = TensorProto.Types.DataType.Float;
    private const TensorProto.Types.DataType Text = TensorProto.Types.DataType.String;

    /// <summary>Name, ONNX file and <c>config.pbtxt</c> of each.</summary>
    public static IEnumerable<(string Name, byte[] Model, string Config)> All()
    {
        const string Queue =
            "dynamic_batching { max_queue_delay_microseconds: 1000000 preferred_batch_size: [ 8 ] "
            + "default_queue_policy { max_queue_size: 1 } }";
        yield return ("onnx_zero_1_float32", Identity(1, Float, 1), Config("TYPE_FP32", 1, "-1"));
        yield return ("onnx_zero_1_float32_queue", Identity(1, Float, 1), Config("TYPE_FP32", 1, "-1") + Queue);
        yield return ("onnx_zero_3_float32", Identity(3, Float, 1), Config("TYPE_FP32", 3, "-1"));
        yield return (
            "onnx_zero_1_float16",
            Identity(1, TensorProto.Types.DataType.Float16, 2),
            Config("TYPE_FP16", 1, "-1, -1")
        );
        yield return ("onnx_zero_1_object", Identity(1, Text, 1), Config("TYPE_STRING", 1, "-1"));
        yield return ("onnx_zero_1_object_1_element", Identity(1, Text, 1), Config("TYPE_STRING", 1, "1"));
        yield return ("simple_identity", Identity(1, Text, 1), Config("TYPE_STRING", 1, "-1"));
        yield return (
            "simple_identity_int64",
            Identity(1, TensorProto.Types.DataType.Int64, 1),
            Config("TYPE_INT64", 1, "-1")
        );
        yield return ("simple_string_dyna_sequence", FixtureModels.Accumulator(), FixtureModels.AccumulatorConfig());
    }

    /// <summary>
    /// OUTPUTi = INPUTi for <paramref name="tensors"/> tensors of <paramref name="freeDimensions"/> free dimensions
    /// behind the batch.
    /// </summary>
    private static byte[] Identity(int tensors, TensorProto.Types.DataType type, int freeDimensions)
    {
        OnnxGraphBuilder graph = new("identity");
        for (int i = 0; i < tensors; i++)
        {
            graph.Input($"INPUT{i}", type, Shape(i, freeDimensions));
        }
        for (int i = 0; i < tensors; i++)
        {
            graph.Node("Identity", [$"INPUT{i}"], [$"OUTPUT{i}"]).Output($"OUTPUT{i}", type, Shape(i, freeDimensions));
        }
        return graph.ToBytes();
    }

    private static OnnxDimension[] Shape(int tensor, int freeDimensions) =>
        ["batch", .. Enumerable.Range(0, freeDimensions).Select(i => (OnnxDimension)$"size{tensor}_{i}")];

    private static string Config(string type, int tensors, string dims) =>
        "max_batch_size: 8\n"
        + string.Concat(
            Enumerable
                .Range(0, tensors)
                .Select(i =>
                    $$"""
                        input { name: "INPUT{{i}}" data_type: {{type}} dims: [ {{dims}} ] }
                        output { name: "OUTPUT{{i}}" data_type: {{type}} dims: [ {{dims}} ] }

                        """
                )
        );
}
