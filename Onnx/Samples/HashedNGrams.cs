using System.Text;

namespace OrleansInference.Onnx.Samples;

/// <summary>
/// Text as ids for an embedding: words and pairs of words, lower case, each hashed (FNV-1a, 32 bits); no vocabulary is
/// kept.
/// </summary>
public static class HashedNGrams
{
    /// <summary>The ids of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">How many ids, ≥ 1: what is longer is cut, what is shorter padded with 0.</param>
    /// <param name="buckets">Ids are 1 to <paramref name="buckets"/> − 1; ≥ 2.</param>
    public static long[] Ids(string text, int length, int buckets)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(buckets, 2);
        string[] words = Words(text);
        long[] ids = new long[length];
        int at = 0;
        foreach (string gram in words.Concat(words.Zip(words.Skip(1), (one, other) => $"{one} {other}")))
        {
            if (at == length)
            {
                break;
            }
            ids[at++] = 1 + (Hash(gram) % (uint)(buckets - 1));
        }

        return ids;
    }

    private static string[] Words(string text)
    {
        StringBuilder letters = new(text.Length);
        foreach (char letter in text)
        {
            letters.Append(char.IsLetterOrDigit(letter) ? char.ToLowerInvariant(letter) : ' ');
        }
        return letters.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private static uint Hash(string text)
    {
        uint hash = 2166136261;
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ value) * 16777619;
        }
        return hash;
    }
}
