using System.Runtime.InteropServices;

namespace OrleansInference.Jobs.Formats.Tests;

/// <summary>Tensors of tests.</summary>
internal static class SampleTensor
{
    public static Tensor Floats(string name, long[] shape, params float[] values) =>
        new(name, TensorDatatype.Fp32, shape, MemoryMarshal.AsBytes<float>(values).ToArray());

    public static Tensor Texts(string name, params string[] values)
    {
        using MemoryStream bytes = new();
        foreach (byte[] text in values.Select(System.Text.Encoding.UTF8.GetBytes))
        {
            byte[] element = new byte[BytesElements.PrefixSize + text.Length];
            BytesElements.Write(element, text);
            bytes.Write(element);
        }

        return new Tensor(name, TensorDatatype.Bytes, [values.Length, 1], bytes.ToArray());
    }
}
