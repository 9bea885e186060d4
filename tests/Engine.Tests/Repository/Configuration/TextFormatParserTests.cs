using System.Text;
using Google.Protobuf.WellKnownTypes;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Protocol;

namespace OrleansInference.Engine.Tests.Repository.Configuration;

public sealed class TextFormatParserTests
{
    [Fact]
    public void Merge_AnotherMessageType_WorksByItsDescriptor()
    {
        Struct message = new();
        TextFormatParser.Merge(new TextSource("fields { key: 'a' value { number_value: 1.5 } }", "text"), message);
        Assert.Equal(1.5, message.Fields["a"].NumberValue);
        BytesValue bytes = new();
        TextFormatParser.Merge(new TextSource(@"value: '\xff\0'", "text"), bytes);
        Assert.Equal([0xFF, 0], bytes.Value.ToByteArray());
    }

    [Fact]
    public void Merge_NestedToTheLimit_PassesAndOneMoreIsRefused()
    {
        TextFormatParser.Merge(Nested(TextFormatParser.MaxDepth / 2), new ListValue());
        ModelConfigException exception = Assert.Throws<ModelConfigException>(() =>
            TextFormatParser.Merge(Nested((TextFormatParser.MaxDepth / 2) + 1), new ListValue())
        );
        Assert.Contains("deeper than 64", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ModelConfigException>(() => TextFormatParser.Merge(Nested(100_000), new ListValue()));
    }

    [Fact]
    public void Parse_Truncated_ThrowsOnlyModelConfigExceptions()
    {
        foreach (byte[] whole in Corpus())
        {
            for (int length = 0; length < whole.Length; length++)
            {
                Try(whole[..length]);
            }
        }
    }

    [Fact]
    public void Parse_BytesChanged_ThrowsOnlyModelConfigExceptions()
    {
        Random random = new(11);
        byte[][] corpus = [.. Corpus()];
        byte[] telling = [.. "{}[]<>:,;'\"\\#-.0x9aeTuU\n"u8, 0, 0x80, 0xC3, 0xFF];
        for (int round = 0; round < 20_000; round++)
        {
            List<byte> bytes = [.. corpus[random.Next(corpus.Length)]];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                int at = random.Next(bytes.Count);
                byte value = random.Next(4) == 0 ? (byte)random.Next(256) : telling[random.Next(telling.Length)];
                switch (random.Next(3))
                {
                    case 0:
                        bytes[at] = value;
                        break;
                    case 1:
                        bytes.Insert(at, value);
                        break;
                    default:
                        bytes.RemoveAt(at);
                        break;
                }
            }

            Try([.. bytes]);
        }
    }

    [Fact]
    public void Parse_TokensInAnyOrder_ThrowsOnlyModelConfigExceptions()
    {
        Random random = new(12);
        string[] tokens = [.. ConfigText.Rich.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];
        for (int round = 0; round < 20_000; round++)
        {
            IEnumerable<string> shuffled = Enumerable
                .Range(0, random.Next(1, 12))
                .Select(_ => tokens[random.Next(tokens.Length)]);
            Try(Encoding.UTF8.GetBytes(string.Join(' ', shuffled)));
        }
    }

    private static TextSource Nested(int lists) =>
        new(
            string.Concat(Enumerable.Repeat("values { list_value { ", lists))
                + string.Concat(Enumerable.Repeat("} } ", lists)),
            "text"
        );

    private static IEnumerable<byte[]> Corpus() =>
        ConfigText.Samples.Select(Encoding.UTF8.GetBytes).Concat(ConfigText.PublicFiles().Select(Shortened));

    /// <summary>Without the licence in front, which is a comment and most of the file.</summary>
    private static byte[] Shortened(string file) =>
        Encoding.UTF8.GetBytes(
            string.Concat(File.ReadLines(file).Where(line => !line.StartsWith('#')).Select(line => line + "\n"))
        );

    private static void Try(byte[] text)
    {
        Exception? exception = Record.Exception(() => ModelConfigReader.Parse(text, "config.pbtxt"));
        if (exception is null)
        {
            return;
        }
        ModelConfigException refused = Assert.IsType<ModelConfigException>(exception);
        Assert.True(refused.Line > 0 && refused.Column > 0, refused.Message);
    }
}
