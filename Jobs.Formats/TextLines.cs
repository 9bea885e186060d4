namespace OrleansInference.Jobs.Formats;

/// <summary>
/// The lines of a UTF-8 file from a byte offset on, blank ones left out; a line of CSV may contain quoted line breaks.
/// </summary>
internal sealed class TextLines(FileStream file, bool quotes) : IAsyncDisposable
{
    private const int MaxLine = 256 << 20;

    private byte[] _buffer = new byte[1 << 16];
    private long _bufferAt = file.Position;
    private int _start;
    private int _end;
    private bool _ended;

    /// <summary>The line, without its break, until the next call.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>Byte offset of the line.</summary>
    public long Offset { get; private set; }

    /// <summary>Opens a file at an offset.</summary>
    public static TextLines Open(string path, long offset, bool quotes)
    {
        FileStream file = new(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            // Lines have a buffer of their own.
            bufferSize: 0,
            FileOptions.SequentialScan | FileOptions.Asynchronous
        );
        file.Position = offset;
        return new TextLines(file, quotes);
    }

    /// <summary>Goes to the next line; false at the end.</summary>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        do
        {
            int length = FindBreak(0, out int scanned, out bool quoted);
            while (length < 0 && await FillAsync(cancellationToken))
            {
                length = FindBreak(scanned, out scanned, out quoted, quoted);
            }
            if (length < 0 && _end == _start)
            {
                return false;
            }
            if (length < 0 && quoted)
            {
                throw RowError.Invalid(
                    file.Name,
                    $"a quote that is opened in the line at byte {_bufferAt + _start} is never closed"
                );
            }
            int next = length < 0 ? _end : _start + length + 1;
            if (length < 0)
            {
                length = _end - _start;
            }
            ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, length);
            Offset = _bufferAt + _start;
            _start = next;
            if (Offset == 0 && line.Span.StartsWith("\uFEFF"u8))
            {
                line = line[3..];
            }
            Line = line.Span.EndsWith("\r"u8) ? line[..^1] : line;
        } while (Line.Span.Trim(" \t"u8).IsEmpty);
        return true;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => file.DisposeAsync();

    private int FindBreak(int from, out int scanned, out bool quoted, bool startsQuoted = false)
    {
        ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, _end - _start);
        scanned = from;
        quoted = startsQuoted;
        while (scanned < rest.Length)
        {
            int found =
                !quotes ? rest[scanned..].IndexOf((byte)'\n')
                : quoted ? rest[scanned..].IndexOf((byte)'"')
                : rest[scanned..].IndexOfAny((byte)'\n', (byte)'"');
            if (found < 0)
            {
                break;
            }
            scanned += found + 1;
            if (rest[scanned - 1] == '\n')
            {
                return scanned - 1;
            }
            quoted = !quoted;
        }

        scanned = rest.Length;
        return -1;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return false;
        }
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _bufferAt = _bufferAt + _start;
            _end = _end - _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_end >= MaxLine)
            {
                throw RowError.Invalid(file.Name, $"the line at byte {_bufferAt} is longer than {MaxLine} bytes");
            }
            Array.Resize(ref _buffer, _end * 2);
        }

        int read = await file.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        _ended = read == 0;
        return !_ended;
    }
}
