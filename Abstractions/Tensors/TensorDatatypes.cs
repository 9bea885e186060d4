using System.Collections.Frozen;
using System.Text;

namespace OrleansInference;

/// <summary>Wire names and element sizes of <see cref="TensorDatatype"/>.</summary>
public static class TensorDatatypes
{
    private static readonly string[] Names =
    [
        "",
        "BOOL",
        "UINT8",
        "UINT16",
        "UINT32",
        "UINT64",
        "INT8",
        "INT16",
        "INT32",
        "INT64",
        "FP16",
        "FP32",
        "FP64",
        "BYTES",
        "BF16",
    ];

    private static readonly byte[][] Utf8Names = [.. Names.Select(Encoding.ASCII.GetBytes)];

    private static readonly byte[] Sizes = [0, 1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 0, 2];

    private static readonly FrozenDictionary<string, TensorDatatype> ByName = Names
        .Select((name, index) => (name, index))
        .Skip(1)
        .ToFrozenDictionary(x => x.name, x => (TensorDatatype)x.index, StringComparer.Ordinal);

    /// <summary>Every wire name, for error messages.</summary>
    public static string AllNames { get; } = string.Join(", ", Names.Skip(1));

    /// <summary>The protocol's name, such as <c>FP32</c>.</summary>
    public static string WireName(this TensorDatatype datatype) => Names[(int)datatype];

    /// <summary>Bytes an element takes; 0 for <see cref="TensorDatatype.Bytes"/>, whose elements vary.</summary>
    public static int ElementSize(this TensorDatatype datatype) => Sizes[(int)datatype];

    /// <summary>Reads a protocol name; case matters, as it does on other servers.</summary>
    public static bool TryParse(string? name, out TensorDatatype datatype)
    {
        if (name is not null)
        {
            return ByName.TryGetValue(name, out datatype);
        }
        datatype = TensorDatatype.None;
        return false;
    }

    /// <summary>Reads a protocol name from UTF-8 without allocating.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out TensorDatatype datatype)
    {
        for (int i = 1; i < Utf8Names.Length; i++)
        {
            if (!utf8.SequenceEqual(Utf8Names[i]))
            {
                continue;
            }
            datatype = (TensorDatatype)i;
            return true;
        }

        datatype = TensorDatatype.None;
        return false;
    }
}
