using OrleansInference.Onnx.Samples;

namespace OrleansInference.Training.Ads;

/// <summary>Titles of advertisements by topic, and how they become numbers.</summary>
internal static class AdTitles
{
    /// <summary>Ids of a title, padded with 0.</summary>
    public const int Length = 24;

    /// <summary>Ids are 1 to <see cref="Buckets"/> − 1.</summary>
    public const int Buckets = 2048;

    private static readonly string[][] Words =
    [
        ["running", "shoes", "marathon", "trail", "sprint"],
        ["coffee", "espresso", "roast", "arabica", "brew"],
        ["laptop", "ultrabook", "keyboard", "display", "portable"],
        ["garden", "seeds", "roses", "compost", "terrace"],
        ["flight", "beach", "island", "resort", "holiday"],
        ["guitar", "amplifier", "chords", "acoustic", "strings"],
        ["puzzle", "wooden", "toddler", "blocks", "playset"],
        ["camera", "lens", "tripod", "portrait", "zoom"],
    ];

    private static readonly string[] Fillers =
    [
        "new",
        "best",
        "sale",
        "today",
        "free",
        "shipping",
        "premium",
        "limited",
        "offer",
        "top",
        "rated",
        "now",
        "only",
        "classic",
        "set",
        "deal",
    ];

    /// <summary>A title on a topic: two words that tell it, and a few that do not.</summary>
    public static string Write(int topic, Random random)
    {
        List<string> words =
        [
            .. Enumerable.Range(0, 2).Select(_ => Words[topic][random.Next(Words[topic].Length)]),
            .. Enumerable.Range(0, random.Next(2, 5)).Select(_ => Fillers[random.Next(Fillers.Length)]),
        ];
        string[] shuffled = [.. words];
        random.Shuffle(shuffled);
        return string.Join(' ', shuffled);
    }

    /// <summary>A title's ids, as <see cref="HashedNGrams"/> makes them.</summary>
    public static long[] Ids(string title) => HashedNGrams.Ids(title, Length, Buckets);
}
