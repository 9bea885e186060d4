using System.Buffers;
using System.Text;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Jobs.Formats;

/// <summary>Writes rows of CSV.</summary>
internal sealed class CsvWriter(Stream target) : IRowWriter
{
    private static readonly SearchValues<byte> Quoted = SearchValues.Create("\",\r\n \t"u8);

    private readonly ArrayBufferWriter<byte> _text = new();
    private readonly ArrayBufferWriter<byte> _field = new();
    private int[]? _elements;

    /// <inheritdoc />
    public async ValueTask WriteAsync(int rows, OutputColumn[] columns, CancellationToken cancellationToken)
    {
        int[] elements = [.. columns.Select(column => column.Elements)];
        if (_elements is null)
        {
            WriteHeader(columns);
        }
        else if (!_elements.AsSpan().SequenceEqual(elements))
        {
            throw new InferenceException(
                InferenceError.Unsupported,
                "the model's output has another size for some rows, which csv cannot hold; write jsonl instead"
            );
        }
        _elements = elements;
        for (int row = 0; row < rows; row++)
        {
            WriteRow(row, columns);
        }
        await target.WriteAsync(_text.WrittenMemory, cancellationToken).ConfigureAwait(false);
        _text.ResetWrittenCount();
    }

    /// <inheritdoc />
    public ValueTask CompleteAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private void WriteHeader(OutputColumn[] columns)
    {
        bool first = true;
        foreach (string name in columns.SelectMany(column => column.Names))
        {
            Write(Encoding.UTF8.GetBytes(name), ref first);
        }
        _text.Write("\n"u8);
    }

    private void WriteRow(int row, OutputColumn[] columns)
    {
        bool first = true;
        foreach (OutputColumn column in columns)
        {
            for (int i = 0; i < column.Elements; i++)
            {
                _field.ResetWrittenCount();
                TextElements.Format(column.Datatype, column.Element(row, i), _field);
                Write(_field.WrittenSpan, ref first);
            }
        }

        _text.Write("\n"u8);
    }

    private void Write(ReadOnlySpan<byte> field, ref bool first)
    {
        if (!first)
        {
            _text.Write(","u8);
        }
        // A line with one empty field would read as blank.
        bool plain = !field.IsEmpty && !field.ContainsAny(Quoted);
        first = false;
        if (plain)
        {
            _text.Write(field);
            return;
        }

        _text.Write("\""u8);
        while (field.IndexOf((byte)'"') is var quote and >= 0)
        {
            _text.Write(field[..(quote + 1)]);
            _text.Write("\""u8);
            field = field[(quote + 1)..];
        }

        _text.Write(field);
        _text.Write("\""u8);
    }
}
