using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansInference.Jobs.Formats;

/// <summary>The header of a NumPy file (NEP 1), little-endian and row major.</summary>
/// <param name="Datatype">The elements' type.</param>
/// <param name="Shape">The array's dimensions; the first counts rows.</param>
/// <param name="Length">Bytes of the head; the rows follow.</param>
internal sealed partial record NpyHeader(TensorDatatype Datatype, long[] Shape, int Length)
{
    private static readonly (string Code, TensorDatatype Datatype)[] Types =
    [
        ("|b1", TensorDatatype.Bool),
        ("|u1", TensorDatatype.UInt8),
        ("<u2", TensorDatatype.UInt16),
        ("<u4", TensorDatatype.UInt32),
        ("<u8", TensorDatatype.UInt64),
        ("|i1", TensorDatatype.Int8),
        ("<i2", TensorDatatype.Int16),
        ("<i4", TensorDatatype.Int32),
        ("<i8", TensorDatatype.Int64),
        ("<f2", TensorDatatype.Fp16),
        ("<f4", TensorDatatype.Fp32),
        ("<f8", TensorDatatype.Fp64),
    ];

    /// <summary>Whether arrays of this type can be written.</summary>
    public static bool Holds(TensorDatatype datatype) => Array.Exists(Types, type => type.Datatype == datatype);

    /// <summary>Bytes of one row.</summary>
    public long RowBytes =>
        TensorShape.TryCount(Shape.AsSpan(1), out long elements) ? elements * Datatype.ElementSize() : 0;

    /// <summary>Reads a file's header, and checks that its rows are all there.</summary>
    public static async Task<NpyHeader> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        byte[] head = new byte[12];
        int read = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken)
            .ConfigureAwait(false);
        if (read < head.Length || head[0] != 0x93 || !head.AsSpan(1, 5).SequenceEqual("NUMPY"u8))
        {
            throw RowError.Invalid(path, "it is no NumPy file");
        }
        int start = head[6] == 1 ? 10 : 12;
        long length =
            start == 10
                ? BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(8))
                : BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8));
        // Asked before memory is taken for what a file only claims.
        if (length > 1 << 20 || length > file.Length - start)
        {
            throw RowError.Invalid(path, "its head is cut off");
        }
        byte[] text = new byte[length];
        file.Position = start;
        await file.ReadExactlyAsync(text, cancellationToken).ConfigureAwait(false);
        NpyHeader header = Parse(path, Encoding.ASCII.GetString(text), start + (int)length);
        if (
            !TensorShape.TryCount(header.Shape, out long elements)
            || file.Length - header.Length != elements * header.Datatype.ElementSize()
        )
        {
            throw RowError.Invalid(
                path,
                $"it has {file.Length - header.Length} bytes of rows, which is not what its shape "
                    + $"{TensorShape.Format(header.Shape)} of {header.Datatype.WireName()} takes"
            );
        }

        return header;
    }

    /// <summary>
    /// The head's bytes, as many as a multiple of 64 as NumPy does it, and at least <paramref name="room"/>.
    /// </summary>
    public byte[] ToBytes(int room = 0)
    {
        string code = Array.Find(Types, type => type.Datatype == Datatype).Code;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{{'descr': '{code}', 'fortran_order': False, 'shape': ({string.Join(", ", Shape)}{(Shape.Length == 1 ? "," : "")}), "
                + $"}}"
        );
        // NumPy begins the rows at a multiple of 64 bytes.
        int padded = Math.Max(room, (10 + text.Length + 1 + 63) / 64 * 64) - 10;
        byte[] bytes = new byte[10 + padded];
        ((ReadOnlySpan<byte>)[0x93, .. "NUMPY"u8, 1, 0]).CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)padded);
        Encoding.ASCII.GetBytes(text.PadRight(padded - 1) + "\n", bytes.AsSpan(10));
        return bytes;
    }

    private static NpyHeader Parse(string path, string text, int length)
    {
        Match header = Fields().Match(text);
        if (!header.Success)
        {
            throw RowError.Invalid(path, "its head cannot be read; arrays of plain numbers are allowed");
        }
        if (header.Groups["fortran"].Value == "True")
        {
            throw RowError.Invalid(path, "it is in Fortran order; save it with numpy.ascontiguousarray");
        }
        string code = header.Groups["type"].Value;
        TensorDatatype datatype = Array.Find(Types, type => type.Code == code).Datatype;
        if (datatype == TensorDatatype.None)
        {
            throw RowError.Invalid(
                path,
                $"it has elements of type '{code}'; allowed: {string.Join(", ", Types.Select(type => type.Code))}"
            );
        }
        long[] shape =
        [
            .. header
                .Groups["shape"]
                .Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(size => long.Parse(size, CultureInfo.InvariantCulture)),
        ];
        return shape.Length > 0
            ? new NpyHeader(datatype, shape, length)
            : throw RowError.Invalid(path, "it is a single number; its first dimension must count rows");
    }

    [GeneratedRegex(
        @"'descr':\s*'(?<type>[^']+)'.*'fortran_order':\s*(?<fortran>True|False).*'shape':\s*\((?<shape>[\d,\s]*)\)"
    )]
    private static partial Regex Fields();
}
