using System.Buffers.Binary;

namespace OrleansInference;

/// <summary>
/// The contents of a <c>BYTES</c> tensor: per element a little-endian uint32 length and that many bytes.
/// </summary>
public static class BytesElements
{
    /// <summary>Bytes of the length in front of each element.</summary>
    public const int PrefixSize = sizeof(uint);

    /// <summary>Counts the elements; false when a length reaches past the end or trailing bytes are left.</summary>
    public static bool TryCount(ReadOnlySpan<byte> contents, out long elements)
    {
        elements = 0;
        while (!contents.IsEmpty)
        {
            if (!TryRead(ref contents, out _))
            {
                return false;
            }
            elements++;
        }

        return true;
    }

    /// <summary>Takes the next element off <paramref name="contents"/>.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> contents, out ReadOnlySpan<byte> element)
    {
        element = default;
        if (contents.Length < PrefixSize)
        {
            return false;
        }
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(contents);
        if (length > (uint)(contents.Length - PrefixSize))
        {
            return false;
        }
        element = contents.Slice(PrefixSize, (int)length);
        contents = contents[(PrefixSize + (int)length)..];
        return true;
    }

    /// <summary>
    /// Byte offset behind the first <paramref name="count"/> elements of contents that <see cref="TryCount"/> accepts.
    /// </summary>
    public static int Offset(ReadOnlySpan<byte> contents, long count)
    {
        ReadOnlySpan<byte> rest = contents;
        for (long i = 0; i < count; i++)
        {
            TryRead(ref rest, out _);
        }
        return contents.Length - rest.Length;
    }

    /// <summary>Writes one element and returns the bytes written.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public static int Write(Span<byte> destination, ReadOnlySpan<byte> element)
    {
        if (destination.Length < PrefixSize + element.Length)
        {
            throw new ArgumentException("The destination is too short for the element.", nameof(destination));
        }
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)element.Length);
        element.CopyTo(destination[PrefixSize..]);
        return PrefixSize + element.Length;
    }
}
