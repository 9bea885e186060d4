using System.Runtime.InteropServices;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Tests;

/// <summary>Requests of float rows.</summary>
internal static class Tensors
{
    public static InferenceCall Floats(string model, int rows, int width, Func<int, float> value)
    {
        float[] values = [.. Enumerable.Range(0, rows * width).Select(value)];
        return new InferenceCall
        {
            ModelName = model,
            Inputs =
            [
                new Tensor("x", TensorDatatype.Fp32, [rows, width], MemoryMarshal.AsBytes(values.AsSpan()).ToArray()),
            ],
        };
    }

    public static float[] ToFloats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();
}
