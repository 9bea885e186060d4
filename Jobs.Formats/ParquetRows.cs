using System.Buffers;
using OrleansInference.Grains.Interfaces.Jobs;
using Parquet;
using Parquet.Schema;

namespace OrleansInference.Jobs.Formats;

/// <summary>Reads rows of Parquet, of one row group at a time the columns that are asked for.</summary>
internal sealed class ParquetRows : IRowReader
{
    private readonly string _path;
    private readonly ParquetReader _reader;
    private readonly BulkInput[] _inputs;
    private readonly BulkRange _range;
    private readonly ParquetColumn[][] _columns;
    private long _row;
    private int _group;
    private int _inGroup;
    private int _groupRows;

    public ParquetRows(string path, ParquetReader reader, BulkInput[] inputs, BulkRange range)
    {
        _path = path;
        _reader = reader;
        _inputs = inputs;
        _range = range;
        _row = range.Start;
        _group = (int)range.Offset;
        DataField[] fields = reader.Schema.GetDataFields();
        _columns = [.. inputs.Select(input => input.Columns.Select(name => Find(fields, name)).ToArray())];
    }

    /// <inheritdoc />
    public async ValueTask<int> ReadAsync(
        int rows,
        ArrayBufferWriter<byte>[] inputs,
        CancellationToken cancellationToken
    )
    {
        int read = 0;
        for (; read < rows && _row < _range.End; read++, _row++, _inGroup++)
        {
            while (_inGroup == _groupRows)
            {
                await NextGroupAsync(cancellationToken).ConfigureAwait(false);
            }
            for (int i = 0; i < inputs.Length; i++)
            {
                foreach (ParquetColumn column in _columns[i])
                {
                    if (!column.TryAppend(_inGroup, _inputs[i].Datatype, inputs[i], out byte[] text))
                    {
                        throw RowError.Element(_path, _row, column.Field.Path.ToString(), _inputs[i], text);
                    }
                }
            }
        }

        return read;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    private ParquetColumn Find(DataField[] fields, string name) =>
        Array.Find(fields, field => field.Path.ToString() == name) is { } field
        && ParquetColumn.Create(field) is { } column
            ? column
            : throw RowError.Invalid(_path, $"it has no column '{name}' any more");

    private async ValueTask NextGroupAsync(CancellationToken cancellationToken)
    {
        if (_group == _reader.RowGroupCount)
        {
            throw RowError.Row(_path, _row, "it is missing: the file has become shorter");
        }
        using ParquetRowGroupReader group = _reader.OpenRowGroupReader(_group++);
        foreach (ParquetColumn column in _columns.SelectMany(columns => columns))
        {
            await column.ReadAsync(group, cancellationToken).ConfigureAwait(false);
        }
        _inGroup = 0;
        _groupRows = (int)group.RowCount;
    }
}
