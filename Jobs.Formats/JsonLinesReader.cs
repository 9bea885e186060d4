using System.Buffers;
using System.Text;
using System.Text.Json;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Jobs.Formats;

/// <summary>Reads rows of JSON Lines.</summary>
internal sealed class JsonLinesReader : IRowReader
{
    private readonly string _path;
    private readonly BulkRange _range;
    private readonly TextLines _lines;
    private readonly Column[] _columns;
    private readonly Dictionary<string, Column> _byName;
    private long _row;

    public JsonLinesReader(string path, BulkInput[] inputs, BulkRange range)
    {
        _path = path;
        _range = range;
        _row = range.Start;
        _columns =
        [
            .. inputs.SelectMany(
                (input, at) => input.Columns.Select((name, i) => new Column(name, input, at, input.Elements[i]))
            ),
        ];
        _byName = _columns.ToDictionary(column => column.Name);
        _lines = TextLines.Open(path, range.Offset, quotes: false);
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
            try
            {
                Parse(_lines.Line.Span);
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException)
            {
                throw RowError.Row(_path, _row, $"it is no JSON: {exception.Message}");
            }

            foreach (Column column in _columns)
            {
                if (column.Found < 0)
                {
                    throw RowError.Row(
                        _path,
                        _row,
                        $"it has no member '{column.Name}', which feeds input '{column.Input.Name}'"
                    );
                }
                if (column.Found != column.Elements)
                {
                    throw RowError.Row(
                        _path,
                        _row,
                        $"member '{column.Name}' has {column.Found} elements, {column.Elements} were expected"
                    );
                }
                inputs[column.At].Write(column.Contents.WrittenSpan);
            }
        }

        return read;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _lines.DisposeAsync();

    private void Parse(ReadOnlySpan<byte> line)
    {
        foreach (Column column in _columns)
        {
            column.Clear();
        }
        Utf8JsonReader json = new(line);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw RowError.Row(_path, _row, "it is no JSON object");
        }
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            Column? column = _byName.GetValueOrDefault(json.GetString()!);
            json.Read();
            if (column is null)
            {
                json.Skip();
            }
            else
            {
                Read(ref json, column);
            }
        }

        if (json.Read())
        {
            throw RowError.Row(_path, _row, "something follows the JSON object");
        }
    }

    private void Read(ref Utf8JsonReader json, Column column)
    {
        // A member that comes twice counts once, as its last.
        column.Clear();
        column.Found = 0;
        int depth = 0;
        do
        {
            if (json.TokenType == JsonTokenType.StartArray)
            {
                depth++;
            }
            else if (json.TokenType == JsonTokenType.EndArray)
            {
                depth--;
            }
            else if (Append(ref json, column))
            {
                column.Found++;
            }
            else
            {
                throw RowError.Element(_path, _row, column.Name, column.Input, json.ValueSpan);
            }
        } while (depth > 0 && json.Read());
    }

    private static bool Append(ref Utf8JsonReader json, Column column) =>
        json.TokenType switch
        {
            JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => TextElements.TryAppend(
                column.Input.Datatype,
                json.ValueSpan,
                column.Contents
            ),
            JsonTokenType.String => TextElements.TryAppend(
                column.Input.Datatype,
                json.ValueIsEscaped ? Encoding.UTF8.GetBytes(json.GetString()!) : json.ValueSpan,
                column.Contents
            ),
            _ => false,
        };

    /// <summary>A column's elements in the current row; members may come in any order.</summary>
    private sealed class Column(string name, BulkInput input, int at, long elements)
    {
        public string Name => name;

        public BulkInput Input => input;

        public int At => at;

        public long Elements => elements;

        public long Found { get; set; } = -1;

        public ArrayBufferWriter<byte> Contents { get; } = new();

        public void Clear()
        {
            Contents.ResetWrittenCount();
            Found = -1;
        }
    }
}
