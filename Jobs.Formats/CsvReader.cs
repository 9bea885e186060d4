using System.Buffers;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Jobs.Formats;

/// <summary>Reads rows of CSV.</summary>
internal sealed class CsvReader : IRowReader
{
    private readonly string _path;
    private readonly BulkInput[] _inputs;
    private readonly BulkRange _range;
    private readonly TextLines _lines;
    private readonly CsvFields _fields = new();
    private readonly int _columns;
    private readonly int[][] _places;
    private long _row;

    public CsvReader(string path, BulkInput[] inputs, BulkRange range, string[] columns)
    {
        _path = path;
        _inputs = inputs;
        _range = range;
        _row = range.Start;
        _columns = columns.Length;
        _places =
        [
            .. inputs.Select(input =>
                input
                    .Columns.Select(column =>
                        Array.IndexOf(columns, column) is var at and >= 0
                            ? at
                            : throw RowError.Invalid(path, $"it has no column '{column}' any more")
                    )
                    .ToArray()
            ),
        ];
        _lines = TextLines.Open(path, range.Offset, quotes: true);
    }

    /// <inheritdoc />
    public async ValueTask<int> ReadAsync(
        int rows,
        ArrayBufferWriter<byte>[] inputs,
        CancellationToken cancellationToken
    )
    {
        int read = 0;
        for (; read < rows && _row < _range.End; read++, _row++)
        {
            if (!await _lines.NextAsync(cancellationToken).ConfigureAwait(false))
            {
                throw RowError.Row(_path, _row, "it is missing: the file has become shorter");
            }
            _fields.Read(_lines.Line.Span);
            if (_fields.Count != _columns)
            {
                throw RowError.Row(_path, _row, $"it has {_fields.Count} fields, the header names {_columns} columns");
            }
            for (int i = 0; i < inputs.Length; i++)
            {
                Append(_inputs[i], _places[i], inputs[i]);
            }
        }

        return read;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _lines.DisposeAsync();

    private void Append(BulkInput input, int[] places, ArrayBufferWriter<byte> target)
    {
        for (int i = 0; i < places.Length; i++)
        {
            ReadOnlySpan<byte> field = _fields[places[i]];
            if (!TextElements.TryAppend(input.Datatype, field, target))
            {
                throw RowError.Element(_path, _row, input.Columns[i], input, field);
            }
        }
    }
}
