namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>Guesses what a misspelt name was meant to be.</summary>
internal static class Spelling
{
    /// <summary>
    /// " (did you mean 'x'?)" for the nearest name within a third of the word's letters; empty where none is near.
    /// </summary>
    public static string Suggest(string word, IReadOnlyList<string> names)
    {
        // The distance takes time and memory with the word's length; no name is as long as this.
        if (word.Length > 64 || names.Count == 0)
        {
            return "";
        }
        (string name, int distance) = names.Select(name => (name, Distance(word, name))).MinBy(pair => pair.Item2);
        return distance <= Math.Max(1, word.Length / 3) ? $" (did you mean '{name}'?)" : "";
    }

    /// <summary>
    /// Levenshtein's distance, letter case aside: insertions, deletions and replacements that lead from one word to the
    /// other.
    /// </summary>
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int replaced =
                    diagonal + (char.ToUpperInvariant(from[i - 1]) == char.ToUpperInvariant(to[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[to.Length];
    }
}
