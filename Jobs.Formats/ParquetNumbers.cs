using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Parquet;
using Parquet.Schema;

namespace OrleansInference.Jobs.Formats;

/// <summary>A column of numbers, or of true and false.</summary>
internal sealed class ParquetNumbers<T>(DataField field, TensorDatatype datatype) : ParquetColumn(field)
    where T : unmanaged
{
    private readonly List<T> _values = [];
    private T?[]? _nullable;

    /// <inheritdoc />
    public override int Count => _values.Count;

    /// <inheritdoc />
    public override async Task ReadAsync(ParquetRowGroupReader group, CancellationToken cancellationToken)
    {
        int rows = checked((int)group.RowCount);
        if (Field.IsNullable)
        {
            _nullable = new T?[rows];
            await group.ReadAsync<T>(Field, _nullable.AsMemory(), null, cancellationToken).ConfigureAwait(false);
        }

        T[] values = new T[rows];
        if (_nullable is null)
        {
            await group.ReadAsync<T>(Field, values.AsMemory(), null, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            for (int i = 0; i < rows; i++)
            {
                values[i] = _nullable[i].GetValueOrDefault();
            }
        }
        _values.Clear();
        _values.AddRange(values);
    }

    /// <inheritdoc />
    public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
    {
        await group
            .WriteAsync<T>(Field, _values.ToArray().AsMemory(), null, null, cancellationToken)
            .ConfigureAwait(false);
        _values.Clear();
    }

    /// <inheritdoc />
    public override void Add(TensorDatatype from, ReadOnlySpan<byte> element)
    {
        float wide = from switch
        {
            TensorDatatype.Fp16 => (float)MemoryMarshal.Read<Half>(element),
            TensorDatatype.Bf16 => Bfloat16.ToSingle(MemoryMarshal.Read<ushort>(element)),
            _ => 0,
        };
        _values.Add(
            from is TensorDatatype.Fp16 or TensorDatatype.Bf16 ? (T)(object)wide : MemoryMarshal.Read<T>(element)
        );
    }

    /// <inheritdoc />
    public override bool TryAppend(int row, TensorDatatype wanted, ArrayBufferWriter<byte> target, out byte[] text)
    {
        text = [];
        if (_nullable is not null && _nullable[row] is null)
        {
            text = "null"u8.ToArray();
            return false;
        }

        if (wanted == datatype)
        {
            target.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_values).Slice(row, 1)));
            return true;
        }

        text = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_values[row]}"));
        return TextElements.TryAppend(wanted, text, target);
    }
}
