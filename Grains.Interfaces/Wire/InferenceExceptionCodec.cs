using System.Buffers;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.WireProtocol;

namespace OrleansInference.Grains.Interfaces.Wire;

/// <summary>
/// Orleans wire format of <see cref="InferenceException"/>: what every exception has, then field 0, the error. Others
/// are skipped.
/// </summary>
[RegisterSerializer]
[RegisterCopier]
public sealed class InferenceExceptionCodec(IBaseCodec<Exception> common)
    : IFieldCodec<InferenceException>,
        IDeepCopier<InferenceException>
{
    /// <inheritdoc />
    public void WriteField<TBufferWriter>(
        ref Writer<TBufferWriter> writer,
        uint fieldIdDelta,
        Type? expectedType,
        InferenceException? value
    )
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value) || value is null)
        {
            return;
        }
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(InferenceException), WireType.TagDelimited);
        common.Serialize(ref writer, value);
        writer.WriteEndBase();
        ByteCodec.WriteField(ref writer, 0, (byte)value.Error);
        writer.WriteEndObject();
    }

    /// <inheritdoc />
    public InferenceException ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.IsReference)
        {
            return ReferenceCodec.ReadReference<InferenceException, TInput>(ref reader, field)!;
        }
        field.EnsureWireTypeTagDelimited();
        InferenceException value = new(InferenceError.Internal, "");
        ReferenceCodec.RecordObject(reader.Session, value);
        common.Deserialize(ref reader, value);
        uint id = 0;
        while (true)
        {
            Field header = reader.ReadFieldHeader();
            if (header.IsEndBaseOrEndObject)
            {
                return value;
            }
            id += header.FieldIdDelta;
            if (id == 0)
            {
                value.Error = (InferenceError)ByteCodec.ReadValue(ref reader, header);
            }
            else
            {
                // What a later version writes.
                reader.ConsumeUnknownField(header);
            }
        }
    }

    /// <summary>An exception that was thrown does not change: local calls share it.</summary>
    public InferenceException? DeepCopy(InferenceException? input, CopyContext context) => input;
}
