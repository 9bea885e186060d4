using System.Runtime.InteropServices;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Grains.Tests;

/// <summary>Requests of float rows.</summary>
internal static class Tensors
{
    public static InferenceRequest Floats(string model, int rows, int width, Func<int, float> value)
    {
        float[] values = [.. Enumerable.Range(0, rows * width).Select(value)];
        return new InferenceRequest
        {
            ModelName = model,
            Inputs =
            [
                new InferenceTensor(
                    "x",
                    TensorDatatype.Fp32,
                    [rows, width],
                    MemoryMarshal.AsBytes(values.AsSpan()).ToArray()
                ),
            ],
        };
    }

    public static float[] ToFloats(InferenceTensor tensor) =>
        MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();
}
