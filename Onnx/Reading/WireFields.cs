namespace OrleansInference.Onnx.Reading;

/// <summary>
/// Walks the fields of protobuf messages in a file and skips their contents. Google.Protobuf's parser would read the
/// contents of unknown fields into memory.
/// </summary>
internal sealed class WireFields(FileStream file)
{
    private const int VarintType = 0;
    private const int Fixed64Type = 1;
    private const int BytesType = 2;
    private const int Fixed32Type = 5;

    /// <summary>Bytes of the file.</summary>
    public long Length { get; } = file.Length;

    /// <summary>
    /// The fields of the message that takes <paramref name="length"/> bytes from <paramref name="start"/> on.
    /// </summary>
    /// <exception cref="EndOfStreamException">A field reaches past its message, or has a wire type that no ONNX file
    /// has.</exception>
    public IEnumerable<WireField> Read(long start, long length)
    {
        long end = start + length;
        long at = start;
        while (at < end)
        {
            long begin = at;
            ulong tag = Varint(ref at);
            long size = Size((int)(tag & 7), ref at);
            if (size < 0 || at > end || size > end - at)
            {
                throw new EndOfStreamException("a field reaches past the end of its message");
            }
            yield return new WireField((int)(tag >> 3), (tag & 7) == BytesType, begin, at, size);
            at += size;
        }
    }

    /// <summary>A field with its tag, as a message that has only this field.</summary>
    public byte[] Bytes(WireField field) => Bytes(field.Begin, field.Start + field.Length - field.Begin);

    /// <summary>A field's contents.</summary>
    public byte[] Contents(WireField field) => Bytes(field.Start, field.Length);

    private byte[] Bytes(long start, long length)
    {
        byte[] bytes = new byte[length];
        file.Position = start;
        file.ReadExactly(bytes);
        return bytes;
    }

    private long Size(int type, ref long at)
    {
        switch (type)
        {
            case VarintType:
                long begin = at;
                long after = at;
                Varint(ref after);
                at = begin;
                return after - begin;
            case Fixed64Type:
                return sizeof(long);
            case Fixed32Type:
                return sizeof(int);
            case BytesType:
                return (long)Varint(ref at);
            default:
                throw new EndOfStreamException($"a field has wire type {type}, which no ONNX file has");
        }
    }

    private ulong Varint(ref long at)
    {
        if (file.Position != at)
        {
            file.Position = at;
        }
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = file.ReadByte();
            if (next < 0)
            {
                throw new EndOfStreamException("the file ends within a field");
            }
            at++;
            value |= (ulong)(next & 0x7f) << shift;
            if ((next & 0x80) == 0)
            {
                return value;
            }
        }

        throw new EndOfStreamException("a number has more than 64 bits");
    }
}
