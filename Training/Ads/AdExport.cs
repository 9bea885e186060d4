using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using static TorchSharp.torch;
using Kind = OrleansInference.Onnx.Messages.TensorProto.Types.DataType;

namespace OrleansInference.Training.Ads;

/// <summary>
/// Writes a trained <see cref="AdNetwork"/> as ONNX, with the preparation of pictures in the graph. Inputs:
/// <c>image</c> UINT8 [batch, height, width, 3], <c>text</c> INT64 [batch, 24] (<see cref="AdTitles.Ids"/>),
/// <c>context</c> INT64 [batch, 3] (hour, device, segment), <c>price</c> FP32 [batch, 1]. Output:
/// <c>click_probability</c> FP32 [batch, 1].
/// </summary>
internal static class AdExport
{
    /// <summary>The model's name.</summary>
    public const string Name = "ads-ctr";

    /// <summary>The file's contents; the same weights give the same bytes.</summary>
    public static byte[] Write(AdNetwork network, string provenance)
    {
        Dictionary<string, (float[] Values, long[] Shape)> weights = network
            .state_dict()
            .Where(entry => entry.Value.dtype == ScalarType.Float32)
            .ToDictionary(
                entry => entry.Key,
                entry => (entry.Value.cpu().contiguous().data<float>().ToArray(), entry.Value.shape)
            );
        OnnxGraphBuilder graph = new(Name);
        graph
            .Input("image", Kind.Uint8, "batch", "height", "width", 3)
            .Input("text", Kind.Int64, "batch", AdTitles.Length)
            .Input("context", Kind.Int64, "batch", 3)
            .Input("price", Kind.Float, "batch", 1);
        foreach (
            (string name, (float[] values, long[] shape)) in weights.OrderBy(entry => entry.Key, StringComparer.Ordinal)
        )
        {
            graph.Initializer(OnnxTensor.Of<float>(name, values, shape));
        }
        AddPicture(graph);
        AddText(graph);
        AddContext(graph);
        AddHead(graph);
        return graph
            .Output("click_probability", Kind.Float, "batch", 1)
            .Metadata("provenance", provenance)
            .Metadata("weights_sha256", Hash(weights))
            .Metadata("license", "MIT")
            .ToBytes();
    }

    private static void AddPicture(OnnxGraphBuilder graph)
    {
        graph
            .Initializer(OnnxTensor.Of<float>("white", [255]))
            .Initializer(
                OnnxTensor.Of<float>("least_deviation", [(float)(1 / Math.Sqrt(3.0 * AdBatch.Side * AdBatch.Side))])
            )
            .Initializer(OnnxTensor.Of<long>("first", [0], 1))
            .Initializer(OnnxTensor.Of<long>("size", [3, AdBatch.Side, AdBatch.Side], 3))
            .Node("Cast", ["image"], ["values"], OnnxAttribute.Of("to", (long)Kind.Float))
            .Node("Transpose", ["values"], ["planes"], OnnxAttribute.Of("perm", [0L, 3, 1, 2]))
            .Node("Div", ["planes", "white"], ["unit"])
            .Node("Shape", ["image"], ["shape"])
            .Node("Gather", ["shape", "first"], ["rows"])
            .Node("Concat", ["rows", "size"], ["sizes"], OnnxAttribute.Of("axis", 0L))
            .Node(
                "Resize",
                ["unit", "", "", "sizes"],
                ["large"],
                OnnxAttribute.Of("mode", "linear"),
                OnnxAttribute.Of("coordinate_transformation_mode", "half_pixel")
            )
            .Node(
                "ReduceMean",
                ["large"],
                ["mean"],
                OnnxAttribute.Of("axes", [1L, 2, 3]),
                OnnxAttribute.Of("keepdims", 1L)
            )
            .Node("Sub", ["large", "mean"], ["centred"])
            .Node("Mul", ["centred", "centred"], ["squares"])
            .Node(
                "ReduceMean",
                ["squares"],
                ["variance"],
                OnnxAttribute.Of("axes", [1L, 2, 3]),
                OnnxAttribute.Of("keepdims", 1L)
            )
            .Node("Sqrt", ["variance"], ["deviation"])
            .Node("Max", ["deviation", "least_deviation"], ["divisor"])
            .Node("Div", ["centred", "divisor"], ["standard"])
            .Node(
                "AveragePool",
                ["standard"],
                ["pooled"],
                OnnxAttribute.Of("kernel_shape", [(long)AdNetwork.Pool, AdNetwork.Pool]),
                OnnxAttribute.Of("strides", [(long)AdNetwork.Pool, AdNetwork.Pool])
            )
            .Node("Conv", ["pooled", "_first.weight"], ["conv0"], OnnxAttribute.Of("pads", [1L, 1, 1, 1]));
        Normalise(graph, "conv0", "_firstNorm", "block0");
        for (int i = 0; i + 1 < AdNetwork.Channels.Length; i++)
        {
            graph
                .Node(
                    "Conv",
                    [$"block{i}", $"_depthwise.{i}.weight"],
                    [$"depthwise{i}"],
                    OnnxAttribute.Of("pads", [1L, 1, 1, 1]),
                    OnnxAttribute.Of("strides", [2L, 2]),
                    OnnxAttribute.Of("group", (long)AdNetwork.Channels[i])
                )
                .Node("Conv", [$"depthwise{i}", $"_pointwise.{i}.weight"], [$"pointwise{i}"]);
            Normalise(graph, $"pointwise{i}", $"_norms.{i}", $"block{i + 1}");
        }

        graph
            .Node("GlobalAveragePool", [$"block{AdNetwork.Channels.Length - 1}"], ["averages"])
            .Node("Flatten", ["averages"], ["features"], OnnxAttribute.Of("axis", 1L))
            .Node(
                "Gemm",
                ["features", "_picture.weight", "_picture.bias"],
                ["picture"],
                OnnxAttribute.Of("transB", 1L)
            );
    }

    private static void AddText(OnnxGraphBuilder graph) =>
        graph
            .Initializer(OnnxTensor.Of<long>("padding", [0]))
            .Initializer(OnnxTensor.Of<float>("one", [1]))
            .Initializer(OnnxTensor.Of<long>("axis1", [1], 1))
            .Initializer(OnnxTensor.Of<long>("axis2", [2], 1))
            .Node("Gather", ["_text.weight", "text"], ["embedded"])
            .Node("Equal", ["text", "padding"], ["is_padding"])
            .Node("Not", ["is_padding"], ["is_word"])
            .Node("Cast", ["is_word"], ["word"], OnnxAttribute.Of("to", (long)Kind.Float))
            .Node("Unsqueeze", ["word", "axis2"], ["mask"])
            .Node("Mul", ["embedded", "mask"], ["masked"])
            .Node("ReduceSum", ["masked", "axis1"], ["sum"], OnnxAttribute.Of("keepdims", 0L))
            .Node("ReduceSum", ["mask", "axis1"], ["words"], OnnxAttribute.Of("keepdims", 0L))
            .Node("Max", ["words", "one"], ["count"])
            .Node("Div", ["sum", "count"], ["title"]);

    private static void AddContext(OnnxGraphBuilder graph)
    {
        for (int i = 0; i < AdNetwork.Embedded.Length; i++)
        {
            string index = i.ToString(CultureInfo.InvariantCulture);
            graph
                .Initializer(OnnxTensor.Of<long>($"column{index}", [i]))
                .Node("Gather", ["context", $"column{index}"], [$"category{index}"], OnnxAttribute.Of("axis", 1L))
                .Node("Gather", [$"_embeddings.{index}.weight", $"category{index}"], [$"context{index}"]);
        }
    }

    private static void AddHead(OnnxGraphBuilder graph) =>
        graph
            .Node("Mul", ["picture", "title"], ["both"])
            .Node(
                "Concat",
                [
                    "picture",
                    "title",
                    "both",
                    .. Enumerable.Range(0, AdNetwork.Embedded.Length).Select(i => $"context{i}"),
                    "price",
                ],
                ["all"],
                OnnxAttribute.Of("axis", 1L)
            )
            .Node("Gemm", ["all", "_hidden.weight", "_hidden.bias"], ["hidden"], OnnxAttribute.Of("transB", 1L))
            .Node("Relu", ["hidden"], ["active"])
            .Node("Gemm", ["active", "_out.weight", "_out.bias"], ["logit"], OnnxAttribute.Of("transB", 1L))
            .Node("Sigmoid", ["logit"], ["click_probability"]);

    private static void Normalise(OnnxGraphBuilder graph, string input, string norm, string output) =>
        graph
            .Node(
                "BatchNormalization",
                [input, $"{norm}.weight", $"{norm}.bias", $"{norm}.running_mean", $"{norm}.running_var"],
                [$"{output}_norm"],
                OnnxAttribute.Of("epsilon", 1e-5f)
            )
            .Node("Relu", [$"{output}_norm"], [output]);

    private static string Hash(Dictionary<string, (float[] Values, long[] Shape)> weights)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, (float[] values, _)) in weights.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(name));
            hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
