using System.Buffers;
using System.Runtime.InteropServices;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.WireProtocol;

namespace OrleansInference.Grains.Interfaces.Tensors;

/// <summary>
/// Orleans wire format of a tensor. The contents are copied once on each side: into the message, and from it into a
/// pooled buffer. The length is checked against the message before the buffer is rented. Fields: 0 name, 1 datatype, 2
/// shape (int64 little-endian each), 3 contents; others are skipped.
/// </summary>
[RegisterSerializer]
[RegisterCopier]
public sealed class TensorCodec : IFieldCodec<Tensor>, IDeepCopier<Tensor>
{
    /// <summary>Most dimensions that a tensor may have on the wire.</summary>
    public const int MaxRank = 32;

    /// <inheritdoc />
    public void WriteField<TBufferWriter>(
        ref Writer<TBufferWriter> writer,
        uint fieldIdDelta,
        Type? expectedType,
        Tensor? value
    )
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value) || value is null)
        {
            return;
        }
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(Tensor), WireType.TagDelimited);
        StringCodec.WriteField(ref writer, 0, value.Name);
        ByteCodec.WriteField(ref writer, 1, (byte)value.Datatype);
        if (value.Shape.Length > MaxRank)
        {
            throw new ArgumentException(
                $"Tensor '{value.Name}' has {value.Shape.Length} dimensions; at most {MaxRank} are allowed."
            );
        }
        WriteBytes(ref writer, MemoryMarshal.AsBytes(value.Shape));
        WriteBytes(ref writer, value.Data.Span);
        writer.WriteEndObject();
        // Its bytes are written: nobody on this side reads them any more.
        if (value.ReleaseWhenSerialized)
        {
            value.Dispose();
        }
    }

    /// <inheritdoc />
    public Tensor ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.IsReference)
        {
            return ReferenceCodec.ReadReference<Tensor, TInput>(ref reader, field)!;
        }
        field.EnsureWireTypeTagDelimited();
        uint placeholder = ReferenceCodec.CreateRecordPlaceholder(reader.Session);
        string name = "";
        TensorDatatype datatype = TensorDatatype.None;
        long[] shape = [];
        TensorBuffer? buffer = null;
        uint id = 0;
        while (true)
        {
            Field header = reader.ReadFieldHeader();
            if (header.IsEndBaseOrEndObject)
            {
                break;
            }
            id += header.FieldIdDelta;
            switch (id)
            {
                case 0:
                    name = StringCodec.ReadValue(ref reader, header) ?? "";
                    break;
                case 1:
                    datatype = ReadDatatype(ByteCodec.ReadValue(ref reader, header));
                    break;
                case 2:
                    shape = ReadShape(ref reader, header);
                    break;
                case 3:
                    buffer = ReadContents(ref reader, header);
                    break;
                default:
                    // What a later version writes.
                    reader.ConsumeUnknownField(header);
                    break;
            }
        }

        Tensor tensor = new(name, datatype, shape, buffer?.Memory ?? default, buffer);
        ReferenceCodec.RecordObject(reader.Session, tensor, placeholder);
        return tensor;
    }

    /// <summary>A tensor is immutable: local calls share it.</summary>
    // Shared, since a tensor never changes and its memory is counted by references.
    public Tensor? DeepCopy(Tensor? input, CopyContext context) => input;

    private static void WriteBytes<TBufferWriter>(ref Writer<TBufferWriter> writer, ReadOnlySpan<byte> bytes)
        where TBufferWriter : IBufferWriter<byte>
    {
        writer.WriteFieldHeader(1, typeof(byte[]), typeof(byte[]), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)bytes.Length);
        writer.Write(bytes);
    }

    private static int ReadLength<TInput>(ref Reader<TInput> reader, Field header)
    {
        header.EnsureWireType(WireType.LengthPrefixed);
        uint length = reader.ReadVarUInt32();
        // Asked before memory is rented for what a message only claims.
        if (length > reader.Length - reader.Position)
        {
            throw new InvalidOperationException(
                $"A tensor claims {length} bytes where its message has {reader.Length - reader.Position} left."
            );
        }

        return (int)length;
    }

    private static TensorDatatype ReadDatatype(byte value) =>
        value <= (byte)TensorDatatype.Bf16
            ? (TensorDatatype)value
            : throw new InvalidOperationException($"Unknown tensor datatype code {value}.");

    private static long[] ReadShape<TInput>(ref Reader<TInput> reader, Field header)
    {
        int length = ReadLength(ref reader, header);
        if (length > MaxRank * sizeof(long) || length % sizeof(long) != 0)
        {
            throw new InvalidOperationException($"A tensor shape of {length} bytes is malformed.");
        }
        long[] shape = new long[length / sizeof(long)];
        reader.ReadBytes(MemoryMarshal.AsBytes(shape.AsSpan()));
        return shape;
    }

    private static TensorBuffer ReadContents<TInput>(ref Reader<TInput> reader, Field header)
    {
        TensorBuffer buffer = TensorBuffer.Rent(ReadLength(ref reader, header));
        reader.ReadBytes(buffer.Span);
        return buffer;
    }
}
