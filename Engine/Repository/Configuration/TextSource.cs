using System.Buffers;
using System.Text.Unicode;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>A text and its name, which turns offsets into lines and columns when something is wrong there.</summary>
internal sealed class TextSource(string text, string fileName)
{
    public string Text { get; } = text;

    /// <exception cref="ModelConfigException">The bytes are not UTF-8.</exception>
    public static TextSource Decode(ReadOnlySpan<byte> utf8, string fileName)
    {
        // Editors on Windows put a byte-order mark in front.
        if (utf8.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }
        char[] characters = new char[utf8.Length];
        OperationStatus status = Utf8.ToUtf16(
            utf8,
            characters,
            out int read,
            out int written,
            replaceInvalidSequences: false
        );
        TextSource source = new(new string(characters, 0, written), fileName);
        return status == OperationStatus.Done
            ? source
            : throw source.Error(written, $"the file is not UTF-8: byte 0x{utf8[read]:X2}");
    }

    public ModelConfigException Error(int offset, string problem)
    {
        ReadOnlySpan<char> before = Text.AsSpan(0, offset);
        return new ModelConfigException(fileName, Line(offset), offset - before.LastIndexOf('\n'), problem);
    }

    public int Line(int offset) => 1 + Text.AsSpan(0, offset).Count('\n');
}
