using System.Buffers;
using System.Text;
using Parquet;
using Parquet.Schema;

namespace OrleansInference.Jobs.Formats;

/// <summary>A column of texts.</summary>
internal sealed class ParquetTexts(DataField field) : ParquetColumn(field)
{
    private readonly List<string?> _values = [];

    /// <inheritdoc />
    public override int Count => _values.Count;

    /// <inheritdoc />
    public override async Task ReadAsync(ParquetRowGroupReader group, CancellationToken cancellationToken)
    {
        string?[] values = new string?[checked((int)group.RowCount)];
        await group.ReadAsync(Field, values.AsMemory(), null, cancellationToken).ConfigureAwait(false);
        _values.Clear();
        _values.AddRange(values);
    }

    /// <inheritdoc />
    public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
    {
        await group.WriteAsync(Field, (IReadOnlyCollection<string>)_values!).ConfigureAwait(false);
        _values.Clear();
    }

    /// <inheritdoc />
    public override void Add(TensorDatatype datatype, ReadOnlySpan<byte> element) =>
        _values.Add(Encoding.UTF8.GetString(element));

    /// <inheritdoc />
    public override bool TryAppend(int row, TensorDatatype datatype, ArrayBufferWriter<byte> target, out byte[] text)
    {
        text = Encoding.UTF8.GetBytes(_values[row] ?? "null");
        return _values[row] is not null && TextElements.TryAppend(datatype, text, target);
    }
}
