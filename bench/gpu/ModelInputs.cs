using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace OrleansInference.GpuBench;

/// <summary>Made-up inputs of a model, the same for the silo and for ONNX Runtime.</summary>
internal static class ModelInputs
{
    /// <summary>What a free dimension is, where it does not count the rows.</summary>
    private const long FreeDimension = 64;

    /// <summary>Whether the first dimension of every input is free, so that rows share a run.</summary>
    public static bool TakesBatches(InferenceSession session) =>
        session.InputMetadata.Values.All(input => input.Dimensions is [< 0, ..]);

    /// <summary>The inputs for some rows.</summary>
    /// <exception cref="NotSupportedException">The model has an input that is neither FP32 nor INT64.</exception>
    public static Tensor[] Make(InferenceSession session, int rows)
    {
        Random random = new(7);
        return [.. session.InputMetadata.Select(input => Make(input.Key, input.Value, rows, random))];
    }

    /// <summary>The same for ONNX Runtime.</summary>
    public static OrtValue Value(Tensor tensor)
    {
        ReadOnlySpan<byte> bytes = tensor.Data.Span;
        return tensor.Datatype == TensorDatatype.Fp32
            ? OrtValue.CreateTensorValueFromMemory(
                MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
                tensor.Shape.ToArray()
            )
            : OrtValue.CreateTensorValueFromMemory(
                MemoryMarshal.Cast<byte, long>(bytes).ToArray(),
                tensor.Shape.ToArray()
            );
    }

    private static Tensor Make(string name, NodeMetadata metadata, int rows, Random random)
    {
        long[] shape =
        [
            .. metadata.Dimensions.Select(
                (dimension, axis) =>
                    dimension >= 0 ? dimension
                    : axis == 0 ? rows
                    : FreeDimension
            ),
        ];
        int elements = (int)shape.Aggregate(1L, (product, dimension) => product * dimension);
        if (metadata.ElementType == typeof(float))
        {
            float[] values = [.. Enumerable.Range(0, elements).Select(_ => random.NextSingle())];
            return new Tensor(name, TensorDatatype.Fp32, shape, MemoryMarshal.AsBytes<float>(values).ToArray());
        }

        bool isTokens = metadata.ElementType == typeof(long);
        if (!isTokens)
        {
            throw new NotSupportedException($"input '{name}' is {metadata.ElementType}; FP32 and INT64 are allowed");
        }
        long[] tokens = [.. Enumerable.Range(0, elements).Select(_ => Token(name, random))];
        return new Tensor(name, TensorDatatype.Int64, shape, MemoryMarshal.AsBytes<long>(tokens).ToArray());
    }

    /// <summary>A transformer's mask is all ones and its segments all zeros.</summary>
    private static long Token(string name, Random random)
    {
        if (name.Contains("mask", StringComparison.OrdinalIgnoreCase))
        {
            return 1;
        }
        return name.Contains("type", StringComparison.OrdinalIgnoreCase) ? 0 : random.Next(1, 1000);
    }
}
