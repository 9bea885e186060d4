using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansInference.Jobs.Formats;

/// <summary>
/// Writes rows of JSON Lines: an output with one element as that, others as a flat array; NaN and infinities as texts.
/// </summary>
internal sealed class JsonLinesWriter(Stream target) : IRowWriter
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _text = new();
    private readonly ArrayBufferWriter<byte> _element = new();

    /// <inheritdoc />
    public async ValueTask WriteAsync(int rows, OutputColumn[] columns, CancellationToken cancellationToken)
    {
        for (int row = 0; row < rows; row++)
        {
            WriteRow(row, columns);
            _text.Write("\n"u8);
        }

        await target.WriteAsync(_text.WrittenMemory, cancellationToken).ConfigureAwait(false);
        _text.ResetWrittenCount();
    }

    /// <inheritdoc />
    public ValueTask CompleteAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private void WriteRow(int row, OutputColumn[] columns)
    {
        using Utf8JsonWriter json = new(_text, Relaxed);
        json.WriteStartObject();
        foreach (OutputColumn column in columns)
        {
            json.WritePropertyName(column.Name);
            bool single = column.Shape.Length == 0 || column.Elements == 1;
            if (!single)
            {
                json.WriteStartArray();
            }
            for (int i = 0; i < column.Elements; i++)
            {
                Write(json, column.Datatype, column.Element(row, i));
            }
            if (!single)
            {
                json.WriteEndArray();
            }
        }

        json.WriteEndObject();
    }

    private void Write(Utf8JsonWriter json, TensorDatatype datatype, ReadOnlySpan<byte> element)
    {
        _element.ResetWrittenCount();
        TextElements.Format(datatype, element, _element);
        ReadOnlySpan<byte> text = _element.WrittenSpan;
        // What is no number of JSON's is NaN, an infinity or text.
        if (datatype != TensorDatatype.Bytes && (datatype == TensorDatatype.Bool || char.IsAsciiDigit((char)text[^1])))
        {
            json.WriteRawValue(text, skipInputValidation: true);
        }
        else
        {
            json.WriteStringValue(text);
        }
    }
}
