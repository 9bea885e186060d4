using System.Text;
using System.Text.Json;

namespace OrleansInference.Gateway.Inference;

/// <summary>Finds the words for NaN and infinities that several programs write as if they were JSON.</summary>
internal static class NotANumber
{
    private static readonly string[] Words = ["-Infinity", "Infinity", "-inf", "inf", "NaN"];

    /// <summary>The word at which reading stopped, as it stands there; null where another mistake is.</summary>
    public static string? Find(ReadOnlySpan<byte> text, JsonException exception)
    {
        if (exception.LineNumber is not { } line || exception.BytePositionInLine is not { } position)
        {
            return null;
        }
        ReadOnlySpan<byte> rest = text;
        for (; line > 0; line--)
        {
            int end = rest.IndexOf((byte)'\n');
            if (end < 0)
            {
                return null;
            }
            rest = rest[(end + 1)..];
        }

        if (position > rest.Length)
        {
            return null;
        }
        // Behind a sign the reader stops at the letter, and in what began as 'null' within the word.
        int start = (int)position;
        while (start > 0 && (char.IsAsciiLetter((char)rest[start - 1]) || rest[start - 1] == (byte)'-'))
        {
            start--;
        }
        rest = rest[start..];
        foreach (string word in Words)
        {
            if (rest.Length < word.Length)
            {
                continue;
            }
            ReadOnlySpan<byte> found = rest[..word.Length];
            if (Ascii.EqualsIgnoreCase(found, word))
            {
                return Encoding.UTF8.GetString(found);
            }
        }

        return null;
    }
}
