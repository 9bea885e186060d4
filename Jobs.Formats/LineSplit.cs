using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Jobs.Formats;

/// <summary>
/// Splits a text file into shards. It reads every line once, and keeps only the offsets at which shards begin.
/// </summary>
internal static class LineSplit
{
    /// <summary>The shards of a file.</summary>
    public static async Task<BulkRange[]> SplitAsync(
        string path,
        bool quotes,
        bool hasHeader,
        int rowsPerShard,
        CancellationToken cancellationToken
    )
    {
        await using TextLines lines = TextLines.Open(path, 0, quotes);
        ShardList shards = new();
        if (hasHeader)
        {
            await lines.NextAsync(cancellationToken).ConfigureAwait(false);
        }
        long rows = 0;
        long begin = 0;
        while (await lines.NextAsync(cancellationToken).ConfigureAwait(false))
        {
            if (rows == rowsPerShard)
            {
                shards.Add(rows, begin);
                rows = 0;
            }

            if (rows++ == 0)
            {
                begin = lines.Offset;
            }
        }

        shards.Add(rows, begin);
        return shards.ToArray();
    }
}
