namespace OrleansInference.Jobs.Formats;

/// <summary>Splits a line of CSV into its fields, unquoted.</summary>
internal sealed class CsvFields
{
    private readonly List<Range> _fields = [];
    private byte[] _text = [];
    private int _length;

    /// <summary>How many there are.</summary>
    public int Count => _fields.Count;

    /// <summary>A field's text.</summary>
    public ReadOnlySpan<byte> this[int index] => _text.AsSpan(_fields[index]);

    /// <summary>Splits a line in place of the one before.</summary>
    public void Read(ReadOnlySpan<byte> line)
    {
        _fields.Clear();
        _length = 0;
        if (_text.Length < line.Length)
        {
            _text = new byte[line.Length];
        }
        while (true)
        {
            int start = _length;
            line = line is [(byte)'"', ..] ? Quoted(line[1..]) : Plain(line);
            _fields.Add(start.._length);
            if (line.IsEmpty)
            {
                return;
            }
            line = line[1..];
        }
    }

    /// <summary>Copies up to the next comma and returns the rest from it on.</summary>
    private ReadOnlySpan<byte> Plain(ReadOnlySpan<byte> line)
    {
        int end = line.IndexOf((byte)',');
        if (end < 0)
        {
            end = line.Length;
        }
        line[..end].CopyTo(_text.AsSpan(_length));
        _length += end;
        return line[end..];
    }

    private ReadOnlySpan<byte> Quoted(ReadOnlySpan<byte> line)
    {
        while (line.IndexOf((byte)'"') is var end and >= 0)
        {
            line[..end].CopyTo(_text.AsSpan(_length));
            _length += end;
            line = line[(end + 1)..];
            if (line is not [(byte)'"', ..])
            {
                return Plain(line);
            }
            _text[_length++] = (byte)'"';
            line = line[1..];
        }

        return Plain(line);
    }
}
