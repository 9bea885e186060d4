namespace OrleansInference.Grains.Interfaces.Jobs;

/// <summary>The rows of one shard.</summary>
/// <param name="Index">The shard, from 0.</param>
/// <param name="Start">Its first row, from 0.</param>
/// <param name="End">The row after its last.</param>
/// <param name="Offset">Where the first row is in the file: a byte offset in text, a row group in Parquet, unused in
/// NPY.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.BulkRange")]
public readonly record struct BulkRange(
    [property: Id(0)] int Index,
    [property: Id(1)] long Start,
    [property: Id(2)] long End,
    [property: Id(3)] long Offset
)
{
    /// <summary>Its rows.</summary>
    public long Rows => End - Start;
}
