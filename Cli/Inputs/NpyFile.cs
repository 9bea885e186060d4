using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Cli.Inputs;

/// <summary>NumPy's file format (NEP 1), little-endian and row major.</summary>
internal static partial class NpyFile
{
    private static readonly Dictionary<string, TensorDatatype> Types = new()
    {
        ["|b1"] = TensorDatatype.Bool,
        ["|u1"] = TensorDatatype.UInt8,
        ["<u2"] = TensorDatatype.UInt16,
        ["<u4"] = TensorDatatype.UInt32,
        ["<u8"] = TensorDatatype.UInt64,
        ["|i1"] = TensorDatatype.Int8,
        ["<i2"] = TensorDatatype.Int16,
        ["<i4"] = TensorDatatype.Int32,
        ["<i8"] = TensorDatatype.Int64,
        ["<f2"] = TensorDatatype.Fp16,
        ["<f4"] = TensorDatatype.Fp32,
        ["<f8"] = TensorDatatype.Fp64,
    };

    /// <summary>Whether it is one.</summary>
    public static bool Is(ReadOnlySpan<byte> contents) =>
        contents.Length > 6 && contents[0] == 0x93 && contents[1..6].SequenceEqual("NUMPY"u8);

    /// <summary>Reads one for a model's input.</summary>
    /// <exception cref="CliException">It cannot be read, or is of another type.</exception>
    public static Tensor Read(TensorMetadata input, byte[] contents)
    {
        int start = contents.Length > 10 && contents[6] == 1 ? 10 : 12;
        if (contents.Length < start)
        {
            throw Invalid(input, "it is cut off");
        }
        int length =
            start == 10
                ? BinaryPrimitives.ReadUInt16LittleEndian(contents.AsSpan(8))
                : BinaryPrimitives.ReadInt32LittleEndian(contents.AsSpan(8));
        if (length < 0 || length > contents.Length - start)
        {
            throw Invalid(input, "it is cut off");
        }
        Match header = Header().Match(Encoding.ASCII.GetString(contents, start, length));
        if (!header.Success)
        {
            throw Invalid(input, "its header cannot be read");
        }
        if (header.Groups["fortran"].Value == "True")
        {
            throw Invalid(input, "it is in Fortran order; save it with numpy.ascontiguousarray");
        }
        if (!Types.TryGetValue(header.Groups["type"].Value, out TensorDatatype datatype) || datatype != input.Datatype)
        {
            throw Invalid(
                input,
                $"it has elements of type {header.Groups["type"].Value}, the model takes {input.Datatype.WireName()}"
            );
        }
        long[] shape =
        [
            .. header
                .Groups["shape"]
                .Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(size => long.Parse(size, CultureInfo.InvariantCulture)),
        ];
        ReadOnlyMemory<byte> data = contents.AsMemory(start + length);
        if (!TensorShape.TryCount(shape, out long elements) || data.Length != elements * datatype.ElementSize())
        {
            throw Invalid(input, $"it has {data.Length} bytes for shape {TensorShape.Format(shape)}");
        }
        return new Tensor(input.Name, datatype, shape, data);
    }

    private static CliException Invalid(TensorMetadata input, string problem) =>
        new($"--input {input.Name}: the .npy file is not usable: {problem}", CliException.Usage);

    [GeneratedRegex(
        @"'descr':\s*'(?<type>[^']+)'.*'fortran_order':\s*(?<fortran>True|False).*'shape':\s*\((?<shape>[^)]*)\)"
    )]
    private static partial Regex Header();
}
