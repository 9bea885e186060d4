using System.Buffers;
using Parquet;
using Parquet.Schema;

namespace OrleansInference.Jobs.Formats;

/// <summary>The values of one column of a row group, read or to be written.</summary>
internal abstract class ParquetColumn(DataField source)
{
    /// <summary>The column in the file's schema.</summary>
    public DataField Field => source;

    /// <summary>Values there are.</summary>
    public abstract int Count { get; }

    /// <summary>An empty column for an output; FP16 and BF16, which Parquet lacks, are written as FP32.</summary>
    public static ParquetColumn Create(string name, TensorDatatype datatype) =>
        Create(
            new DataField(
                name,
                datatype switch
                {
                    TensorDatatype.Bytes => typeof(string),
                    TensorDatatype.Fp16 => typeof(float),
                    _ => TensorElement.TypeOf(datatype) ?? typeof(float),
                },
                isNullable: false
            )
        )!;

    /// <summary>An empty column of a file; null where its type is none of a tensor's.</summary>
    public static ParquetColumn? Create(DataField field) =>
        field.IsArray || field.MaxRepetitionLevel > 0
            ? null
            : Type.GetTypeCode(field.ClrType) switch
            {
                TypeCode.Boolean => new ParquetNumbers<bool>(field, TensorDatatype.Bool),
                TypeCode.Byte => new ParquetNumbers<byte>(field, TensorDatatype.UInt8),
                TypeCode.UInt16 => new ParquetNumbers<ushort>(field, TensorDatatype.UInt16),
                TypeCode.UInt32 => new ParquetNumbers<uint>(field, TensorDatatype.UInt32),
                TypeCode.UInt64 => new ParquetNumbers<ulong>(field, TensorDatatype.UInt64),
                TypeCode.SByte => new ParquetNumbers<sbyte>(field, TensorDatatype.Int8),
                TypeCode.Int16 => new ParquetNumbers<short>(field, TensorDatatype.Int16),
                TypeCode.Int32 => new ParquetNumbers<int>(field, TensorDatatype.Int32),
                TypeCode.Int64 => new ParquetNumbers<long>(field, TensorDatatype.Int64),
                TypeCode.Single => new ParquetNumbers<float>(field, TensorDatatype.Fp32),
                TypeCode.Double => new ParquetNumbers<double>(field, TensorDatatype.Fp64),
                // The library holds texts as ReadOnlyMemory<char>.
                _ => field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>)
                    ? new ParquetTexts(field)
                    : null,
            };

    /// <summary>Reads all values of a row group in place of those there are.</summary>
    public abstract Task ReadAsync(ParquetRowGroupReader group, CancellationToken cancellationToken);

    /// <summary>Writes the values as the next column of a row group and forgets them.</summary>
    public abstract Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken);

    /// <summary>Adds an output's element.</summary>
    public abstract void Add(TensorDatatype datatype, ReadOnlySpan<byte> element);

    /// <summary>
    /// Appends a value as an input's element; false where it is null or none of the datatype's, with what it is as
    /// text.
    /// </summary>
    public abstract bool TryAppend(int row, TensorDatatype datatype, ArrayBufferWriter<byte> target, out byte[] text);
}
