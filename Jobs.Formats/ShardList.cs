using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Jobs.Formats;

/// <summary>Collects the shards of a file.</summary>
internal sealed class ShardList
{
    /// <summary>Most shards of a job: what one grain can keep in its state.</summary>
    public const int Limit = 10_000;

    private readonly List<BulkRange> _shards = [];
    private long _rows;

    /// <summary>Adds the next shard.</summary>
    /// <exception cref="InferenceException">There are too many.</exception>
    public void Add(long rows, long offset)
    {
        if (rows == 0)
        {
            return;
        }
        if (_shards.Count == Limit)
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"the input has more than {Limit} shards; raise rows_per_shard"
            );
        }
        _shards.Add(new BulkRange(_shards.Count, _rows, _rows + rows, offset));
        _rows += rows;
    }

    /// <summary>All of them.</summary>
    public BulkRange[] ToArray() => [.. _shards];
}
