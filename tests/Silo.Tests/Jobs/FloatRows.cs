using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansInference.Silo.Tests.Jobs;

/// <summary>NPY files of float rows: 3 numbers a row, counting up.</summary>
internal static class FloatRows
{
    public const int Width = 3;

    public static async Task WriteAsync(string path, int rows)
    {
        string header = string.Create(
            CultureInfo.InvariantCulture,
            $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {Width}), }}"
        );
        int padded = ((10 + header.Length + 1 + 63) / 64 * 64) - 10;
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)padded);
        await using FileStream file = File.Create(path);
        await file.WriteAsync(
            (byte[])
                [0x93, .. "NUMPY"u8, 1, 0, .. length, .. Encoding.ASCII.GetBytes(header.PadRight(padded - 1) + "\n")]
        );
        float[] values = [.. Enumerable.Range(0, rows * Width).Select(i => (float)i)];
        await file.WriteAsync(MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }

    /// <summary>Checks that a file has every row once, in order, each twice its input.</summary>
    public static void AssertDoubled(string path, int rows)
    {
        byte[] file = File.ReadAllBytes(path);
        int begin = 10 + BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(8));
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(file.AsSpan(begin));
        Assert.Equal(rows * Width, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] != 2f * i)
            {
                Assert.Fail($"element {i} is {values[i]}, not {2f * i}");
            }
        }
    }
}
